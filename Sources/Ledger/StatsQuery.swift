package import Record
package import Support

/// What happened within a span of time, all providers together.
package struct LedgerStats: Sendable, Equatable {
  package var requests: Int64 = 0
  package var successes: Int64 = 0
  package var failures: Int64 = 0
  /// Successes that a fallback served, cancelled ones among them.
  package var fallbacks: Int64 = 0
  package var tokens: Int64 = 0
  /// Nano-dollars.
  package var cost: Int64 = 0
  /// Requests that nobody knows the price of.
  package var unpriced: Int64 = 0

  /// Single requests, as far back as they are kept.
  package var details = Details()

  /// What only single requests tell.
  package struct Details: Sendable, Equatable {
    /// From when on there are any.
    package var from: Timestamp?
    package var requests: Int64 = 0
    /// Requests that reached a provider, and those that the first attempt answered.
    package var reached: Int64 = 0
    package var answeredAtOnce: Int64 = 0
    /// Successes that a provider answered, and what their clients waited all together.
    package var answered: Int64 = 0
    package var waited = TimeSpan(microseconds: 0)
    /// What they waited, and for the first token of a stream; exact over at most the last
    /// `mostSampled`.
    package var latency: Percentiles?
    package var firstToken: Percentiles?
    package var failures: [Reason: Int64] = [:]

    package static let mostSampled = 1_000_000
  }

  /// By the nearest rank.
  package struct Percentiles: Sendable, Equatable {
    package var median: TimeSpan
    package var p95: TimeSpan

    /// Of spans in microseconds, in any order; nil of none.
    init?(_ spans: consuming [Int64]) {
      guard !spans.isEmpty else { return nil }
      spans.sort()
      let sorted = spans
      func rank(_ percent: Int) -> TimeSpan {
        TimeSpan(microseconds: sorted[(sorted.count * percent + 99) / 100 - 1])
      }
      (median, p95) = (rank(50), rank(95))
    }
  }
}

extension LedgerReader {
  /// Sums up what ended from `from` on, a whole quarter of an hour.
  package func stats(from: Timestamp) throws(LedgerError) -> LedgerStats {
    var stats = LedgerStats()
    let sums = try database.prepare(
      """
      SELECT status, sum(requests), sum(fallbacks), sum(input) + sum(output), sum(cost),
        sum(unpriced)
      FROM rollup WHERE quarter >= ? GROUP BY status
      """)
    sums.bind(from.microseconds / 900_000_000)
    while try sums.step() {
      // Ids of statuses begin behind `none` and `other`.
      let outcome = Outcome(rawValue: UInt8(truncatingIfNeeded: sums.integer(0) - 2))
      let requests = sums.integer(1)
      stats.requests += requests
      if outcome == .success { stats.successes += requests }
      if outcome == .failure { stats.failures += requests }
      stats.fallbacks += sums.integer(2)
      stats.tokens += sums.integer(3)
      stats.cost += sums.integer(4)
      stats.unpriced += sums.integer(5)
    }
    stats.details = try details(from: from)
    return stats
  }

  /// One pass over the single requests: grouping them takes SQLite longer than handing them over.
  private func details(from: Timestamp) throws(LedgerError) -> LedgerStats.Details {
    let rows = try database.prepare(
      """
      SELECT "end", status, reason, attempts, cached, retries + fallbacks, "end" - start,
        first_token - coalesce(attempt_start, iif(attempts > 1, NULL, start))
      FROM request WHERE "end" >= ? AND late = 0 ORDER BY "end" DESC
      """)
    rows.bind(from.microseconds)
    var details = LedgerStats.Details()
    var waits: [Int64] = []
    var firstTokens: [Int64] = []
    while try rows.step() {
      details.from = Timestamp(microseconds: rows.integer(0))
      details.requests += 1
      let outcome = Outcome(rawValue: UInt8(truncatingIfNeeded: rows.integer(1)))
      if outcome == .failure {
        let reason = Reason(rawValue: UInt8(truncatingIfNeeded: rows.integer(2)))
        details.failures[reason ?? .unknown, default: 0] += 1
      }
      guard rows.integer(3) > 0, rows.integer(4) == 0 else { continue }
      details.reached += 1
      guard outcome == .success else { continue }
      details.answered += 1
      details.waited.microseconds += rows.integer(6)
      if rows.integer(5) == 0 { details.answeredAtOnce += 1 }
      guard waits.count < LedgerStats.Details.mostSampled else { continue }
      waits.append(rows.integer(6))
      if let wait = rows.optionalInteger(7), wait >= 0 { firstTokens.append(wait) }
    }
    details.latency = LedgerStats.Percentiles(waits)
    details.firstToken = LedgerStats.Percentiles(firstTokens)
    return details
  }
}
