import Glibc

/// Keeps a second daemon, or a second import, off the ledger for as long as the process lives.
///
/// A lock on a file of its own: SQLite uses the ledger's locks for itself.
final class OwnerLock {
  private let descriptor: Int32

  /// Who waits for nobody: the lock's file, and what to say if another has it.
  enum Kind {
    case daemon
    case importer

    fileprivate var suffix: String {
      switch self {
      case .daemon: ".lock"
      case .importer: ".import-lock"
      }
    }

    fileprivate func taken(_ ledger: String) -> LedgerError {
      switch self {
      case .daemon: .inUse(path: ledger)
      case .importer: .importRunning(path: ledger)
      }
    }
  }

  init(_ kind: Kind, of ledger: String) throws(LedgerError) {
    let path = ledger + kind.suffix
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .cannotOpen(path: ledger, reason: String(cString: strerror(errno)))
    }
    // Who only asks (`isTaken`) holds it for an instant.
    var attempts = 10
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      attempts -= 1
      guard attempts > 0 else {
        close(descriptor)
        throw kind.taken(ledger)
      }
      usleep(5000)
    }
  }

  /// Whether somebody holds the lock.
  static func isTaken(_ kind: Kind, of ledger: String) -> Bool {
    let descriptor = open(ledger + kind.suffix, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  deinit { close(descriptor) }
}
