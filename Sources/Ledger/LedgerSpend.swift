package import Support
import Tally

/// What was spent from one moment to another, all labels together.
package struct LedgerSpend: Sendable, Equatable {
  package var from: Timestamp
  /// Earlier than asked for where single requests are not kept so long: the begin of its quarter.
  package var to: Timestamp
  package var requests: Int64 = 0
  /// Nano-dollars.
  package var cost: Int64 = 0
}

extension LedgerReader {
  /// Sums up what ended within a stretch that begins with a quarter of an hour: whole quarters by
  /// their roll-ups, the last by its single requests.
  package func spend(from: Timestamp, to: Timestamp) throws(LedgerError) -> LedgerSpend {
    let quarter = RollupKey.quarterMicroseconds
    let whole = Timestamp(microseconds: to.microseconds / quarter * quarter)
    var spend = LedgerSpend(from: from, to: whole)
    let sums = try database.prepare(
      "SELECT sum(requests), sum(cost) FROM rollup WHERE quarter >= ? AND quarter < ?")
    sums.bind(from.microseconds / quarter)
    sums.bind(whole.microseconds / quarter)
    try spend.add(sums)
    guard try keepsRequests(of: whole) else { return spend }
    let rest = try database.prepare(
      """
      SELECT sum(late = 0), sum(iif(cached, 0, cost)) FROM request
      WHERE "end" >= ? AND "end" < ?
      """)
    rest.bind(whole.microseconds)
    rest.bind(to.microseconds)
    try spend.add(rest)
    spend.to = to
    return spend
  }

  /// The begin of the first quarter of an hour that anything is known of.
  package func begin() throws(LedgerError) -> Timestamp? {
    try database.integer("SELECT quarter FROM rollup ORDER BY quarter LIMIT 1")
      .map { Timestamp(microseconds: $0 * RollupKey.quarterMicroseconds) }
  }

  /// The end of the last single request.
  package func lastEnd() throws(LedgerError) -> Timestamp? {
    try database.integer("SELECT \"end\" FROM request ORDER BY \"end\" DESC LIMIT 1")
      .map(Timestamp.init(microseconds:))
  }

  /// Whether the single requests of the quarter that begins with `time` are all there.
  private func keepsRequests(of time: Timestamp) throws(LedgerError) -> Bool {
    let first = try database.integer("SELECT \"end\" FROM request ORDER BY \"end\" LIMIT 1")
    if let first, first < time.microseconds { return true }
    let number = time.microseconds / RollupKey.quarterMicroseconds
    return try database.integer("SELECT 1 FROM rollup WHERE quarter = \(number) LIMIT 1") == nil
  }
}

extension LedgerSpend {
  fileprivate mutating func add(_ statement: Statement) throws(LedgerError) {
    guard try statement.step() else { return }
    requests += statement.integer(0)
    cost += statement.integer(1)
  }
}
