import Ledger
import Record
import Support
import Tally

/// `GET /api/v1/stats`: the last day in two dozen numbers, in seconds and dollars; null what nothing
/// is known of.
///
/// Totals are of the roll-ups, whose quarters of an hour the window is rounded to. Latency, first
/// attempts and reasons are of the single requests, as far back as those are kept. What is said of
/// sources, proxy and receivers is of this moment.
struct StatsAnswer {
  /// What is read from the ledger.
  struct Numbers: Sendable {
    var from: Timestamp
    var stats: LedgerStats
    /// Since midnight, and yesterday until the same time.
    var today: LedgerSpend
    var yesterday: LedgerSpend
    /// What the ledger begins and ends with.
    var begin: Timestamp?
    var lastEnd: Timestamp?

    init(
      from ledger: LedgerReader, window: TimeSpan, zone: ZoneInfo, now: Timestamp
    ) throws(LedgerError) {
      from = StatsAnswer.start(of: window, now: now)
      stats = try ledger.stats(from: from)
      let day = CalendarUnit.day.window(around: now, in: zone)
      let dayBefore = CalendarUnit.day.window(
        around: day.start - TimeSpan(microseconds: 1), in: zone)
      // Clocks of senders may be ahead.
      today = try ledger.spend(from: day.start, to: day.end)
      today.to = now
      yesterday = try ledger.spend(
        from: dayBefore.start, to: min(dayBefore.start + (now - day.start), dayBefore.end))
      begin = try ledger.begin()
      lastEnd = try ledger.lastEnd()
    }
  }

  let numbers: Numbers
  let window: TimeSpan
  let now: Timestamp
  let live: Publisher.Live
  let instance: String
  let about: AboutSidecar

  private var stats: LedgerStats { numbers.stats }

  /// The quarter of an hour in which the window begins.
  static func start(of window: TimeSpan, now: Timestamp) -> Timestamp {
    let quarter = RollupKey.quarterMicroseconds
    return Timestamp(microseconds: (now - window).microseconds / quarter * quarter)
  }

  var json: JSONValue {
    .object(
      [
        .init("instance", .text(instance)), .init("version", .text(about.version)),
        .init("window", .seconds(window)),
        .init("from", .time(numbers.from)), .init("to", .time(now)),
        .init("since", .optional(numbers.begin)), .init("lastEvent", .optional(numbers.lastEnd)),
      ] + totals + latencies + [
        .init("errorsByType", errors), .init("providerHealth", providerHealth),
        .init("today", spend(numbers.today)), .init("yesterday", spend(numbers.yesterday)),
        .init(
          "detail",
          .object([
            "from": .optional(stats.details.from), "requests": .integer(stats.details.requests),
          ])),
        .init("sources", .list(live.sources.map { source($0.name, $0.status) })),
        .init("proxy", proxy), .init("notifications", notifications),
      ])
  }

  private var totals: [JSONValue.Member] {
    [
      .init("totalRequests", .integer(stats.requests)),
      .init("successRate", share(stats.successes, of: stats.requests)),
      .init("errorRate", share(stats.failures, of: stats.requests)),
      .init("primarySuccess", share(stats.details.answeredAtOnce, of: stats.details.reached)),
      .init("fallbackRate", share(stats.fallbacks, of: stats.requests)),
      .init("totalTokens", .integer(stats.tokens)),
      .init("tokensPerRequest", share(stats.tokens, of: stats.requests)),
      .init("totalCost", .dollars(stats.cost)),
      .init("unpricedRequests", .integer(stats.unpriced)),
    ]
  }

  private var latencies: [JSONValue.Member] {
    let (answered, waited) = (stats.details.answered, stats.details.waited)
    let average = answered > 0 ? TimeSpan(microseconds: waited.microseconds / answered) : nil
    let (latency, firstToken) = (stats.details.latency, stats.details.firstToken)
    return [
      .init("averageLatency", .optional(average)),
      .init("medianLatency", .optional(latency?.median)),
      .init("p95Latency", .optional(latency?.p95)),
      .init("medianFirstToken", .optional(firstToken?.median)),
      .init("p95FirstToken", .optional(firstToken?.p95)),
    ]
  }

  private var errors: JSONValue {
    let failures = stats.details.failures
    let sorted = failures.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
    return .object(sorted.map { .init($0.key.name, .integer($0.value)) })
  }

  private func spend(_ spend: LedgerSpend) -> JSONValue {
    .object([
      "from": .time(spend.from), "to": .time(spend.to), "requests": .integer(spend.requests),
      "cost": .dollars(spend.cost),
    ])
  }

  /// As its gauges tell.
  private func source(_ name: String, _ status: SourceStatus) -> JSONValue {
    .object([
      "name": .text(name), "up": .flag(status.isUp), "lagBytes": .integer(status.lagBytes),
      "lagSeconds": .optional(status.lag(now: now)),
      "attempts": status.formats.first.map { .text($0.attempts) } ?? .null,
    ])
  }

  /// Null where it is not probed.
  private var proxy: JSONValue {
    let view = about.proxy()
    guard let isUp = view.isUp else { return .null }
    return .object([
      "up": .flag(isUp), "askedAt": .optional(view.askedAt), "version": .optional(view.version),
    ])
  }

  private var notifications: JSONValue {
    let pending = about.pending().filter { $0.value.count > 0 }.sorted { $0.key < $1.key }
    return .list(
      pending.map { receiver, waiting in
        .object([
          "receiver": .text(receiver), "pending": .integer(Int64(waiting.count)),
          "oldest": .optional(waiting.oldest),
        ])
      })
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

extension JSONValue {
  fileprivate static func dollars(_ nanodollars: Int64) -> JSONValue {
    .fixed(digits: nanodollars, decimals: 9)
  }

  fileprivate static func optional(_ time: Timestamp?) -> JSONValue {
    time.map(JSONValue.time) ?? .null
  }

  fileprivate static func optional(_ span: TimeSpan?) -> JSONValue {
    span.map(JSONValue.seconds) ?? .null
  }
}
