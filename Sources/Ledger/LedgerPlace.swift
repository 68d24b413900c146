import Glibc

/// Where the ledger's file lay when it was opened: what is written to one that was moved away or
/// deleted is lost with it.
struct LedgerPlace {
  private let path: String
  private let found: Facts?

  private struct Facts: Equatable {
    var device: UInt64
    var inode: UInt64
  }

  /// Nothing is held against a path that leads nowhere now, such as SQLite's `:memory:`.
  init(path: String) {
    self.path = path
    found = Self.facts(path)
  }

  /// Whether the same file is there.
  var isKept: Bool { found == nil || Self.facts(path) == found }

  private static func facts(_ path: String) -> Facts? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Facts(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}
