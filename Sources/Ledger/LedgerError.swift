/// Why the ledger cannot be used, and whether to try again.
package enum LedgerError: Error, Equatable, CustomStringConvertible {
  case cannotOpen(path: String, reason: String)
  /// There is no such file.
  case absent(path: String)
  /// Written by a later release.
  case newerSchema(path: String, found: Int, known: Int)
  /// Written by an earlier release, and not to be changed now.
  case olderSchema(path: String, found: Int, known: Int)
  /// Another `sidelight run` holds it.
  case inUse(path: String)
  /// Another `sidelight import` is under way.
  case importRunning(path: String)
  /// Another process has held the lock for too long: it may go better later.
  case locked(path: String)
  /// The disk is full: it may go better later.
  case full(path: String)
  /// The file has no longer the name under which it was opened.
  case movedAway(path: String)
  /// Read-only file system, broken disk: it may go better later.
  case unavailable(doing: String, reason: String)
  /// The file is damaged.
  case corrupt(path: String, reason: String)
  /// A question would have taken longer than it may.
  case tookTooLong
  /// An answer would have had more rows than are kept in memory.
  case tooManyGroups
  case failed(doing: String, reason: String)

  package var description: String {
    switch self {
    case .cannotOpen(let path, let reason):
      """
      cannot open the ledger \(path): \(reason); make its directory writable for this user \
      or set ledger.url
      """
    case .absent(let path):
      """
      there is no ledger at \(path); 'sidelight run' or 'sidelight import' makes one, or set \
      ledger.url
      """
    case .newerSchema(let path, let found, let known):
      """
      the ledger \(path) has schema \(found), written by a newer sidelight; this one knows \
      \(known): install the newer release, or set ledger.url to a new file
      """
    case .olderSchema(let path, let found, let known):
      """
      the ledger \(path) has schema \(found), written by an older sidelight; the first start of \
      this one brings it to \(known)
      """
    case .inUse(let path):
      "the ledger \(path) is in use by another sidelight; stop that one, or set ledger.url"
    case .importRunning(let path):
      "another import into the ledger \(path) is running; wait for its end"
    case .locked(let path):
      """
      the ledger \(path) is locked by another process, such as a backup or a shell: let that one \
      end; no line is lost meanwhile
      """
    case .full(let path):
      """
      there is no room for the ledger \(path): make some on its disk; no line is lost meanwhile
      """
    case .movedAway(let path):
      """
      the ledger \(path) was moved away while in use: put it back, or restart to begin a new one; \
      nothing is counted meanwhile
      """
    case .unavailable(let doing, let reason): "ledger: \(doing): \(reason); trying again"
    case .corrupt(let path, let reason):
      "the ledger \(path) is damaged (\(reason)); move it away and import the logs again"
    case .tookTooLong: "ledger: the question took too long; ask for less at a time"
    case .tooManyGroups: "ledger: the answer has too many rows; ask for less at a time"
    case .failed(let doing, let reason): "ledger: \(doing): \(reason)"
    }
  }
}
