import Glibc

/// A look at a ledger without taking hold of it: for `sidelight check`.
package struct LedgerInspection: Sendable, Equatable {
  /// The schema's version; nil if there is no file yet.
  package private(set) var schema: Int?
  /// Bytes on disk.
  package private(set) var size: Int64 = 0
  /// Whether a `sidelight run` holds it.
  package private(set) var isInUse = false

  /// What this release writes.
  package static var latestSchema: Int { Migrations.latest }

  /// Looks at the file, or at the directory where it would be made.
  package init(path: String) throws(LedgerError) {
    guard access(path, F_OK) == 0 else {
      let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      guard access(directory.isEmpty ? "/" : directory, W_OK | X_OK) == 0 else {
        throw .cannotOpen(path: path, reason: String(cString: strerror(errno)).lowercased())
      }
      return
    }
    guard access(path, R_OK | W_OK) == 0 else {
      throw .cannotOpen(path: path, reason: String(cString: strerror(errno)).lowercased())
    }
    let database = try Database(path: path, access: .readOnly)
    schema = Int(try database.integer("PRAGMA user_version") ?? 0)
    if let schema, schema > Migrations.latest {
      throw .newerSchema(path: path, found: schema, known: Migrations.latest)
    }
    size = CostLedger.fileSize(path: path)
    do throws(LedgerError) { _ = try OwnerLock(.daemon, of: path) } catch {
      guard case .inUse = error else { throw error }
      isInUse = true
    }
  }
}
