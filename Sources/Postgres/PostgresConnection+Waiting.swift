internal import CPostgres
import Glibc
import Support

/// How a connection waits: for its socket, with a deadline.
extension PostgresConnection {
  /// Longest between two questions whether it is still wanted.
  private static let slice: Int64 = 100

  private static let timer = WallClock.monotonic

  func connect(within limit: TimeSpan) throws(PostgresError) {
    let deadline = Self.timer.now() + limit
    var next = PGRES_POLLING_WRITING
    while true {
      switch next {
      case PGRES_POLLING_OK: return
      case PGRES_POLLING_FAILED: throw connectionError
      default:
        let wanted = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
        guard try becomesReady(Int16(wanted), until: deadline) else {
          throw .unreachable(place: place, reason: "no answer within \(Quantity.text(limit))")
        }
      }
      next = PQconnectPoll(handle)
    }
  }

  /// libpq keeps no code of a failed connection, only the server's words for it.
  private var connectionError: PostgresError {
    let reason = message
    let refusals = [
      "authentication failed", "no password supplied", "does not exist", "pg_hba.conf",
      "not permitted to log in", "permission denied for database", "certificate",
    ]
    // A socket's file that does not exist is a server that does not run.
    let isRefused = refusals.contains { reason.contains($0) } && !reason.contains("No such file")
    return isRefused
      ? .refused(place: place, reason: reason) : .unreachable(place: place, reason: reason)
  }

  /// Waits until the socket is ready; false once the deadline has passed.
  private func becomesReady(_ events: Int16, until deadline: Timestamp) throws(PostgresError)
    -> Bool
  {
    while true {
      if isCancelled() { throw .cancelled }
      let left = (deadline - Self.timer.now()).microseconds / 1000
      guard left > 0 else { return false }
      let socket = PQsocket(handle)
      guard socket >= 0 else { throw lost("the socket is closed", doing: "waiting") }
      var request = pollfd(fd: socket, events: events, revents: 0)
      if poll(&request, 1, Int32(min(left, Self.slice))) > 0 { return true }
    }
  }

  func lost(_ reason: String, doing sql: String) -> PostgresError {
    .lost(doing: sql.shortened, reason: reason)
  }

  /// What the server does not answer in time it would not have ended itself.
  private var deadline: Timestamp { Self.timer.now() + timeout + .seconds(2) }

  func send(_ sql: String, _ call: () -> Int32) throws(PostgresError) {
    guard isOpen else { throw lost("it is closed", doing: sql) }
    guard call() == 1 else { throw lost(message, doing: sql) }
    try flush(sql)
  }

  private func flush(_ sql: String) throws(PostgresError) {
    let deadline = deadline
    while true {
      let state = PQflush(handle)
      if state == 0 { return }
      guard state > 0 else { throw lost(message, doing: sql) }
      // While the server sends, it may not read.
      guard try becomesReady(Int16(POLLIN | POLLOUT), until: deadline) else {
        throw lost("no answer within \(Quantity.text(timeout))", doing: sql)
      }
      guard PQconsumeInput(handle) == 1 else { throw lost(message, doing: sql) }
    }
  }

  private func nextResult(_ sql: String) throws(PostgresError) -> OpaquePointer? {
    let deadline = deadline
    while PQisBusy(handle) == 1 {
      guard try becomesReady(Int16(POLLIN), until: deadline) else {
        throw lost("no answer within \(Quantity.text(timeout))", doing: sql)
      }
      guard PQconsumeInput(handle) == 1 else { throw lost(message, doing: sql) }
    }
    return PQgetResult(handle)
  }

  /// Takes all results of what was sent, and gives the last one.
  func finish(_ sql: String) throws(PostgresError) -> PostgresRows? {
    var last: PostgresRows?
    var failure: PostgresError?
    while let result = try nextResult(sql) {
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: last = PostgresRows(result)
      case PGRES_COPY_IN:
        PQclear(result)
        return nil
      default:
        failure = failure ?? error(in: result, doing: sql)
        PQclear(result)
      }
    }
    if let failure { throw isOpen ? failure : lost("\(failure)", doing: sql) }
    guard isOpen else { throw lost(message, doing: sql) }
    return last
  }

  private func error(in result: OpaquePointer, doing sql: String) -> PostgresError {
    let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
    let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
    guard let state else { return lost(message, doing: sql) }
    return .statement(doing: sql.shortened, state: SQLState(state), reason: text ?? message)
  }
}

extension PostgresConnection {
  /// Copies rows into a table; how many. `target` names it with its columns: `t(a, b)`.
  package func copy(_ rows: CopyRows, into target: String) throws(PostgresError) {
    guard !rows.isEmpty else { return }
    var rows = rows
    rows.end()
    let sql = "COPY \(target) FROM STDIN (FORMAT binary)"
    try send(sql) { PQsendQuery(handle, sql) }
    guard try finish(sql) == nil else { throw lost("no copy was begun", doing: sql) }
    let deadline = deadline
    var place = 0
    while place < rows.bytes.count {
      let count = min(rows.bytes.count - place, 1 << 16)
      let sent = rows.bytes.withUnsafeBytes { bytes in
        PQputCopyData(
          handle, bytes.baseAddress?.advanced(by: place).assumingMemoryBound(to: CChar.self),
          Int32(count))
      }
      if sent == 1 { place += count }
      guard sent >= 0 else { throw lost(message, doing: sql) }
      if sent == 0 { try drain(until: deadline, sql) }
    }
    while true {
      let sent = PQputCopyEnd(handle, nil)
      if sent == 1 { break }
      guard sent == 0 else { throw lost(message, doing: sql) }
      try drain(until: deadline, sql)
    }
    try flush(sql)
    _ = try finish(sql)
  }

  private func drain(until deadline: Timestamp, _ sql: String) throws(PostgresError) {
    guard try becomesReady(Int16(POLLIN | POLLOUT), until: deadline) else {
      throw lost("no answer within \(Quantity.text(timeout))", doing: sql)
    }
    guard PQconsumeInput(handle) == 1 else { throw lost(message, doing: sql) }
  }
}
