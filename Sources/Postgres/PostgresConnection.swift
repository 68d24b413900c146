internal import CPostgres
import Glibc
import Support

/// One connection to a PostgreSQL server. Owned by one thread.
///
/// Nothing waits longer than its deadline, and nothing at all once `isCancelled` says so: not for a
/// server that accepts and never answers, nor for a network that swallows everything. After `lost`
/// it is of no use any more.
package final class PostgresConnection {
  /// `host:port/database`, for messages.
  package let place: String
  let handle: OpaquePointer
  let timeout: TimeSpan
  let isCancelled: @Sendable () -> Bool
  private var statements: [String: String] = [:]

  /// Connects; `isCancelled` is asked some times a second while anything is waited for.
  package init(
    _ options: PostgresOptions, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(PostgresError) {
    do throws(PostgresURL.Problem) {
      place = try PostgresURL(options.url).place
    } catch {
      throw .refused(place: "the URL", reason: error.reason)
    }
    timeout = options.timeout
    self.isCancelled = isCancelled
    guard let handle = Self.begin(options) else {
      throw .unreachable(place: place, reason: "out of memory")
    }
    self.handle = handle
    // A message of the server's goes to nobody's terminal.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    try connect(within: options.connectTimeout)
    guard PQsetnonblocking(handle, 1) == 0 else {
      throw .unreachable(place: place, reason: message)
    }
    let milliseconds = options.timeout.microseconds / 1000
    // A session whose client has vanished must not hold its locks.
    try execute(
      """
      SET statement_timeout = \(milliseconds);
      SET idle_in_transaction_session_timeout = \(milliseconds)
      """)
    if options.isReadOnly { try execute("SET default_transaction_read_only = on") }
  }

  deinit { PQfinish(handle) }

  /// Whether it can still be used.
  package var isOpen: Bool { PQstatus(handle) == CONNECTION_OK }

  private static func begin(_ options: PostgresOptions) -> OpaquePointer? {
    var parameters = [
      ("dbname", options.url), ("client_encoding", "UTF8"),
      ("fallback_application_name", options.application),
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "\(options.timeout.microseconds / 1000)"),
    ]
    if let password = options.password { parameters.append(("password", password)) }
    // Of several hosts the one is looked for that can be written to.
    if !options.isReadOnly { parameters.append(("target_session_attrs", "read-write")) }
    let keys = parameters.map { strdup($0.0) }
    let values = parameters.map { strdup($0.1) }
    defer { for text in keys + values { free(text) } }
    let end: [UnsafePointer<CChar>?] = [nil]
    return PQconnectStartParams(
      keys.map { UnsafePointer<CChar>($0) } + end, values.map { UnsafePointer<CChar>($0) } + end,
      1)
  }

  /// What libpq says went wrong, on one line.
  var message: String {
    let text = String(cString: PQerrorMessage(handle))
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.isEmpty ? "no reason was given" : line
  }
}

extension PostgresConnection {
  /// Runs statements that answer nothing, one after the other, in the server's simple protocol.
  package func execute(_ sql: String) throws(PostgresError) {
    try send(sql) { PQsendQuery(handle, sql) }
    _ = try finish(sql)
  }

  /// Runs one statement with the parameters `$1`, `$2`, …; prepared at its first use.
  package func query(
    _ sql: String, _ parameters: [PostgresValue] = []
  ) throws(PostgresError) -> PostgresRows {
    let name = try prepare(sql)
    let encoded = parameters.map(\.encoded)
    let pointers = encoded.map { value -> UnsafeMutablePointer<CChar>? in
      guard let bytes = value?.bytes else { return nil }
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
      for (place, byte) in bytes.enumerated() { copy[place] = CChar(bitPattern: byte) }
      copy[bytes.count] = 0
      return copy
    }
    defer { for pointer in pointers { pointer?.deallocate() } }
    let lengths = encoded.map { Int32($0?.bytes.count ?? 0) }
    let formats = encoded.map { Int32($0?.isBinary == true ? 1 : 0) }
    try send(sql) {
      PQsendQueryPrepared(
        handle, name, Int32(parameters.count), pointers.map { UnsafePointer<CChar>($0) }, lengths,
        formats, 0)
    }
    guard let rows = try finish(sql) else {
      throw .lost(doing: sql.shortened, reason: "no answer")
    }
    return rows
  }

  /// Runs `body` in a transaction of its own, which is undone if it throws.
  package func transaction<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value, orThrow convert: (PostgresError) -> Failure
  ) throws(Failure) -> Value {
    func run(_ sql: String) throws(Failure) {
      do throws(PostgresError) { try execute(sql) } catch { throw convert(error) }
    }
    try run("BEGIN")
    do throws(Failure) {
      let value = try body()
      try run("COMMIT")
      return value
    } catch {
      // One that is lost is undone by the server.
      if isOpen { try? execute("ROLLBACK") }
      throw error
    }
  }

  /// Likewise, where nothing but the database can fail.
  package func transaction<Value>(
    _ body: () throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    try transaction(body, orThrow: { $0 })
  }

  private func prepare(_ sql: String) throws(PostgresError) -> String {
    if let name = statements[sql] { return name }
    let name = "s\(statements.count)"
    try send(sql) { PQsendPrepare(handle, name, sql, 0, nil) }
    _ = try finish(sql)
    statements[sql] = name
    return name
  }
}

extension String {
  /// Enough of a statement to know which it was.
  var shortened: String {
    let words = split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count > 80 ? words.prefix(80) + "…" : words
  }
}
