import Ledger
import Record
import Support
import Tally

/// `GET /api/v1/stats`: the last day in a dozen numbers, in seconds and dollars; null what nothing
/// is known of.
///
/// Totals are of the roll-ups, whose quarters of an hour the window is rounded to. Latency, first
/// attempts and reasons are of the single requests, as far back as those are kept.
struct StatsAnswer {
  /// An answer that dashboards get again for a while: a day of requests takes a while to read.
  struct Cached: Sendable {
    let window: TimeSpan
    let at: Timestamp
    let json: JSONValue

    func isFresh(window: TimeSpan, now: Timestamp) -> Bool {
      window == self.window && now >= at && now - at < .seconds(10)
    }
  }

  let stats: LedgerStats
  let window: TimeSpan
  let from: Timestamp
  let now: Timestamp
  let live: Publisher.Live

  /// The quarter of an hour in which the window begins.
  static func start(of window: TimeSpan, now: Timestamp) -> Timestamp {
    let quarter = RollupKey.quarterMicroseconds
    return Timestamp(microseconds: (now - window).microseconds / quarter * quarter)
  }

  var json: JSONValue {
    let details = stats.details
    let errors = details.failures.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
    return .object([
      "window": .seconds(window),
      "from": .time(from), "to": .time(now),
      "totalRequests": .integer(stats.requests),
      "successRate": share(stats.successes, of: stats.requests),
      "errorRate": share(stats.failures, of: stats.requests),
      "averageLatency": details.answered > 0
        ? .seconds(TimeSpan(microseconds: details.waited.microseconds / details.answered)) : .null,
      "p95Latency": details.slowest.map(JSONValue.seconds) ?? .null,
      "primarySuccess": share(details.answeredAtOnce, of: details.reached),
      "fallbackRate": share(stats.fallbacks, of: stats.requests),
      "totalTokens": .integer(stats.tokens),
      "tokensPerRequest": share(stats.tokens, of: stats.requests),
      "totalCost": .fixed(digits: stats.cost, decimals: 9),
      "errorsByType": .object(
        errors.map { .init($0.key.name, .integer($0.value)) }),
      "providerHealth": providerHealth,
      "detail": .object([
        "from": details.from.map(JSONValue.time) ?? .null,
        "requests": .integer(details.requests),
      ]),
    ])
  }

  private func share(_ part: Int64, of whole: Int64) -> JSONValue {
    whole > 0 ? .number(Double(part) / Double(whole)) : .null
  }

  private var providerHealth: JSONValue {
    guard let labels = live.labels else { return .object([]) }
    let levels = live.health.filter { $0.scope == .provider }.map {
      (name: labels.text(Dimension.provider, $0.id), level: $0.state.level.name)
    }
    return .object(levels.sorted { $0.name < $1.name }.map { .init($0.name, .text($0.level)) })
  }
}
