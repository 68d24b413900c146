internal import CSQLite
import Support

/// One connection to an SQLite file. Owned by one thread.
final class Database {
  private let handle: OpaquePointer
  let path: String
  /// Where SQLite is told to look while it works, in microseconds of the monotonic clock.
  private let deadline = UnsafeMutablePointer<Int64>.allocate(capacity: 1)

  enum Access {
    case readWrite
    case readOnly
  }

  init(path: String, access: Access, mayCreate: Bool = true) throws(LedgerError) {
    var handle: OpaquePointer?
    let flags =
      switch access {
      case .readWrite: SQLITE_OPEN_READWRITE | (mayCreate ? SQLITE_OPEN_CREATE : 0)
      case .readOnly: SQLITE_OPEN_READONLY
      }
    let status = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard status == SQLITE_OK, let handle else {
      let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      deadline.deallocate()
      throw .cannotOpen(path: path, reason: reason)
    }
    self.handle = handle
    self.path = path
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 10_000)
  }

  deinit {
    sqlite3_close_v2(handle)
    deadline.deallocate()
  }

  /// Has every statement fail that still works when so much time has passed from now.
  func allow(_ span: TimeSpan) {
    deadline.initialize(to: (WallClock.monotonic.now() + span).microseconds)
    // Every few hundred microseconds of work.
    sqlite3_progress_handler(
      handle, 10_000,
      { context in
        let deadline = context?.assumingMemoryBound(to: Int64.self).pointee ?? .max
        return WallClock.monotonic.now().microseconds > deadline ? 1 : 0
      }, deadline)
  }

  /// Runs statements that return nothing.
  func execute(_ sql: String) throws(LedgerError) {
    let status = sqlite3_exec(handle, sql, nil, nil, nil)
    guard status == SQLITE_OK else { throw error(status, doing: sql) }
  }

  func prepare(_ sql: String) throws(LedgerError) -> Statement {
    var statement: OpaquePointer?
    let status = sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard status == SQLITE_OK, let statement else { throw error(status, doing: sql) }
    return Statement(statement, of: self, sql: sql)
  }

  /// The first column of the first row, as an integer.
  func integer(_ sql: String) throws(LedgerError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : nil
  }

  /// How many rows the last statement changed.
  var changes: Int { Int(sqlite3_changes(handle)) }

  /// The key of the row inserted last.
  var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }

  /// Whether a transaction is open; some errors end it by themselves.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  func error(_ status: Int32, doing: String) -> LedgerError {
    let reason = String(cString: sqlite3_errmsg(handle))
    let doing = String(doing.prefix { $0 != "\n" }.prefix(80))
    switch status & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: return .locked(path: path)
    case SQLITE_FULL: return .full(path: path)
    case SQLITE_INTERRUPT: return .tookTooLong
    case SQLITE_IOERR, SQLITE_READONLY, SQLITE_NOMEM, SQLITE_CANTOPEN, SQLITE_PERM:
      return .unavailable(doing: doing, reason: reason)
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt(path: path, reason: reason)
    default: return .failed(doing: doing, reason: reason)
    }
  }
}

/// A prepared statement, kept and used again.
package final class Statement {
  private let handle: OpaquePointer
  private unowned let database: Database
  private let sql: String
  // Unchecked: nothing that is called meanwhile comes back here, and it is set for each value.
  @exclusivity(unchecked) private var place: Int32 = 0

  fileprivate init(_ handle: OpaquePointer, of database: Database, sql: String) {
    self.handle = handle
    self.database = database
    self.sql = sql
  }

  deinit { sqlite3_finalize(handle) }

  /// Binds the next parameter.
  package func bind(_ value: Int64) {
    place += 1
    sqlite3_bind_int64(handle, place, value)
  }

  func bind(_ value: UInt32) { bind(Int64(value)) }

  func bind(optional value: Int64?) {
    guard let value else {
      place += 1
      sqlite3_bind_null(handle, place)
      return
    }
    bind(value)
  }

  /// Binds text that stays where it is until the statement has run; none reads NULL.
  func bindText(_ bytes: UnsafeRawBufferPointer) {
    place += 1
    if bytes.isEmpty {
      sqlite3_bind_null(handle, place)
    } else {
      sqlite3_bind_text(
        handle, place, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
        nil)
    }
  }

  func bind(_ text: String) {
    place += 1
    // With its length: a text may contain a NUL.
    sqlite3_bind_text(handle, place, text, Int32(text.utf8.count), Self.transient)
  }

  func bind(_ blob: [UInt8]) {
    place += 1
    sqlite3_bind_blob(handle, place, blob, Int32(blob.count), Self.transient)
  }

  /// Runs the statement to its end and makes it ready for the next values.
  func run() throws(LedgerError) {
    _ = try step()
    reset()
  }

  /// Whether there is a row (or a further one).
  package func step() throws(LedgerError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let status:
      let error = database.error(status, doing: sql)
      reset()
      throw error
    }
  }

  /// Makes it ready for the next values.
  package func reset() {
    sqlite3_reset(handle)
    place = 0
  }

  /// NULL reads 0.
  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// Nil for NULL.
  func optionalInteger(_ column: Int32) -> Int64? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func text(_ column: Int32) -> String {
    String(decoding: blob(column), as: UTF8.self)
  }

  func blob(_ column: Int32) -> [UInt8] {
    let count = Int(sqlite3_column_bytes(handle, column))
    return Array(UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: count))
  }

  /// SQLITE_TRANSIENT, a macro that Swift does not see: SQLite makes its own copy.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
