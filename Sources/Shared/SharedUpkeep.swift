package import Ledger
import Postgres
package import Support

/// What has become too old in the shared ledger. One sidecar at a time sees to it.
extension SharedDesk {
  /// Rows dropped in one transaction.
  private static let slice = 20_000
  /// Slices in one call, so that budgets are looked at between them.
  private static let mostSlices = 10
  /// Given-up messages and the names of budgets' marks are kept for so long.
  private static let keptForPeople = TimeSpan.days(30)

  /// Drops a bounded amount of what is past its time, if this sidecar has the lease for it. True if
  /// there is more to drop.
  package func dropExpired(_ options: LedgerOptions, now: Timestamp) throws(SharedLedgerError)
    -> Bool
  {
    try sharing { () throws(PostgresError) in
      guard try takeLease("upkeep") else { return false }
      var left = Self.mostSlices
      for (table, column, bound) in bounds(options, now: now) {
        while try drop(from: table, by: column, before: bound) {
          left -= 1
          if left == 0 { return true }
        }
      }
      return false
    }
  }

  /// Tables, the column that their rows are dropped by, and its bound.
  private func bounds(
    _ options: LedgerOptions, now: Timestamp
  ) -> [(table: String, column: String, bound: Int64)] {
    // A clock that is a day ahead must not make it forget what it needs once it is set right.
    let identities = (now - options.dedup - .days(1)).microseconds
    let kept = (now - options.retention).microseconds
    let quarter = kept / 900_000_000
    let told = (now - Self.keptForPeople).microseconds
    return [
      ("identity", "start", identities),
      ("request", "\"end\"", (now - options.detail).microseconds),
      ("rollup", "quarter", quarter), ("rollup_side", "quarter", quarter),
      ("event", "time", kept), ("crossing", "told", kept),
      // Longer than any period is, and than what was told of it is remembered.
      ("budget_spend", "start", (now - .days(93)).microseconds),
      ("budget_mark", "until", now.microseconds),
      ("outbox", "given_up", told),
    ]
  }

  /// True if there may be more.
  private func drop(
    from table: String, by column: String, before bound: Int64
  ) throws(PostgresError) -> Bool {
    let next = try database.query(
      """
      SELECT \(column) FROM sidelight.\(table) WHERE \(column) < $1
      ORDER BY \(column) LIMIT 1 OFFSET \(Self.slice)
      """, [.integer(bound)])
    // Rows of the same value go together, however many they are.
    let upTo = next.count > 0 ? min(bound, (next.integer(0, 0) ?? bound) + 1) : bound
    _ = try database.query(
      "DELETE FROM sidelight.\(table) WHERE \(column) < $1", [.integer(upTo)])
    return next.count > 0
  }
}
