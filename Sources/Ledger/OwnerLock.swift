import Glibc

/// Keeps a second daemon off the ledger, for as long as the process lives.
///
/// A lock on a file of its own: SQLite uses the ledger's locks for itself.
final class OwnerLock {
  private let descriptor: Int32

  init(path: String) throws(LedgerError) {
    let ledger = String(path.dropLast(".lock".count))
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .cannotOpen(path: ledger, reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .inUse(path: ledger)
    }
  }

  deinit { close(descriptor) }
}
