package import Ledger
package import Postgres
package import Support
package import Tally

/// Usage of all sidecars, read from the shared ledger over a connection of its own.
///
/// Owned by one thread. PostgreSQL adds up; what comes back is a row for each group and status.
package final class SharedReader: UsageStore {
  private let database: PostgresConnection
  private var isInSnapshot = false

  /// Connects; throws if the database does not answer, or has no shared ledger.
  package init(_ options: PostgresOptions) throws(LedgerError) {
    var options = options
    options.isReadOnly = true
    options.timeout = .seconds(8)
    do throws(PostgresError) { database = try PostgresConnection(options) } catch {
      throw error.asLedger
    }
  }

  /// The connection's own limit holds.
  package func allow(_ span: TimeSpan) {}

  package func beginSnapshot() throws(LedgerError) {
    if isInSnapshot { return }
    isInSnapshot = true
    do throws(PostgresError) {
      try database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    } catch { throw error.asLedger }
  }

  package func values(
    of dimension: Dimension
  ) throws(LedgerError) -> [(id: Int, text: String)] {
    let rows = try ask(
      "SELECT id, value FROM sidelight.label WHERE dimension = $1 ORDER BY id",
      [.text(dimension.text)])
    return (0..<rows.count).map { (Int(rows.integer($0, 0) ?? 1), rows.text($0, 1)) }
  }

  package func secret() throws(LedgerError) -> [UInt8] {
    let rows = try ask("SELECT value FROM sidelight.meta WHERE key = 'secret'")
    return rows.count > 0 ? rows.bytes(0, 0) : []
  }

  package func answer(_ question: UsageQuestion) throws(LedgerError) -> SharedAnswer {
    SharedAnswer(database: database, sql: question.postgres, unit: question.unit)
  }

  package func usageHorizon() throws(LedgerError) -> UsageHorizon {
    try beginSnapshot()
    let quarter = try ask("SELECT min(quarter) FROM sidelight.rollup").integer(0, 0).map {
      Timestamp(microseconds: $0 * RollupKey.quarterMicroseconds)
    }
    let request = try ask("SELECT min(\"end\") FROM sidelight.request").integer(0, 0)
    // It begins with the first request that any sidecar has forwarded.
    return UsageHorizon(
      created: quarter ?? Timestamp(microseconds: 0), firstQuarter: quarter,
      firstRequest: request.map(Timestamp.init(microseconds:)), imported: 0, isImporting: false)
  }

  package func hasUsage(from: Timestamp, to: Timestamp) throws(LedgerError) -> Bool {
    let quarter = RollupKey.quarterMicroseconds
    return try ask(
      "SELECT 1 FROM sidelight.rollup WHERE quarter >= $1 AND quarter < $2 LIMIT 1",
      [.integer(from.microseconds / quarter), .integer(to.microseconds / quarter)]
    ).count > 0
  }

  private func ask(
    _ sql: String, _ parameters: [PostgresValue] = []
  ) throws(LedgerError) -> PostgresRows {
    do throws(PostgresError) { return try database.query(sql, parameters) } catch {
      throw error.asLedger
    }
  }
}

/// What PostgreSQL answers for one window after the other.
package struct SharedAnswer: UsageAnswer {
  let database: PostgresConnection
  let sql: String
  let unit: Int64

  package func each(
    of window: CalendarWindow, _ body: (SharedCursor) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    let bounds = [window.start, window.end].map { PostgresValue.integer($0.microseconds / unit) }
    let rows: PostgresRows
    do throws(PostgresError) { rows = try database.query(sql, bounds) } catch {
      throw error.asLedger
    }
    try body(SharedCursor(rows))
  }
}

/// Rows of an answer.
package final class SharedCursor: UsageCursor {
  private let rows: PostgresRows
  private var row = -1

  init(_ rows: PostgresRows) { self.rows = rows }

  package func step() throws(LedgerError) -> Bool {
    row += 1
    return row < rows.count
  }

  /// A sum that is larger than any number here reads as the largest, NULL as 0.
  package func integer(_ column: Int32) -> Int64 {
    rows.isNull(row, Int(column)) ? 0 : rows.integer(row, Int(column)) ?? .max
  }
}

extension PostgresError {
  /// As those who ask about usage know it.
  fileprivate var asLedger: LedgerError {
    // The server's own limit on how long a statement may take.
    state == SQLState("57014")
      ? .tookTooLong : .unavailable(doing: "asking the shared ledger", reason: "\(self)")
  }
}
