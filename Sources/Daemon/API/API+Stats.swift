import HTTP
import Health
import Ledger
import Notify
import Support

/// What the answers tell of this program and what it talks to.
struct AboutSidecar: Sendable {
  var version: String
  /// What probes of the proxy have found.
  var proxy: @Sendable () -> ProxyView
  /// What waits to be delivered, by receiver.
  var pending: @Sendable () -> [String: Outbox.Pending]
}

/// Answers that dashboards get again for a while: a day of requests takes a while to read.
struct StatsCache: Sendable {
  /// What an answer depends on besides the time.
  struct Key: Hashable, Sendable {
    var window: TimeSpan
    var zone: ZoneInfo
  }

  private struct Entry: Sendable {
    var at: Timestamp
    var until: Timestamp
    var stats: StatsAnswer.Numbers
  }

  private static let most = 8
  /// An answer is good for so much longer than it took: a share of one thread at most.
  private static let rest: Int64 = 20
  private var entries: [Key: Entry] = [:]
  var count: Int { entries.count }

  /// What is still fresh.
  func find(_ key: Key, now: Timestamp) -> StatsAnswer.Numbers? {
    entries[key].flatMap { now >= $0.at && now < $0.until ? $0.stats : nil }
  }

  mutating func keep(_ stats: StatsAnswer.Numbers, _ key: Key, now: Timestamp, took: TimeSpan) {
    if entries.count >= Self.most { entries = entries.filter { now < $0.value.until } }
    if entries.count >= Self.most { entries = [:] }
    let pause = max(TimeSpan.seconds(9), TimeSpan(microseconds: took.microseconds * Self.rest))
    entries[key] = Entry(at: now, until: now + pause, stats: stats)
  }
}

extension API {
  func stats(_ request: HTTPRequest) throws(QueryProblem) -> HTTPResponse {
    let parameters = QueryParameters(request, known: ["window", "tz"])
    try parameters.check()
    let window = try parameters.duration("window", .minutes(1) ... .days(3660)) ?? .hours(24)
    let key = StatsCache.Key(window: window, zone: try parameters.zone("tz") ?? .utc)
    let now = clock.now()
    let known = statsCache.withLock { $0.find(key, now: now) }
    let numbers = if let known { known } else { try count(key, now: now) }
    let answer = StatsAnswer(
      numbers: numbers, window: window, now: now, live: live.withLock { $0 },
      instance: configuration().instance, about: about)
    return .json(answer.json)
  }

  private func count(
    _ key: StatsCache.Key, now: Timestamp
  ) throws(QueryProblem) -> StatsAnswer.Numbers {
    let timer = WallClock.monotonic
    let begun = timer.now()
    let numbers = try reading { (ledger) throws(LedgerError) in
      try StatsAnswer.Numbers(from: ledger, window: key.window, zone: key.zone, now: now)
    }
    let took = timer.now() - begun
    statsCache.withLock { $0.keep(numbers, key, now: now, took: took) }
    return numbers
  }
}
