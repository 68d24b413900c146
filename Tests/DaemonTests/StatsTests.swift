import Health
import Ledger
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Notify

extension AboutSidecar {
  /// Nobody is probed, nothing waits.
  static let nothing = AboutSidecar(
    version: "1.2.3", proxy: { ProxyView() }, pending: { [:] })
}

/// What the page is told of the last day.
@Suite struct StatsTests {
  private let rig = Rig()

  /// A request that ended so many seconds ago, for a dollar.
  private func request(_ id: Int, ago: Double, _ rest: String = "") -> String {
    let end = rig.clock.now.seconds - ago
    return """
      {"kind":"request","id":"r\(id)","start":\(end - 10),"end":\(end),"outcome":"success",\
      "route":"a","provider":"openai","model":"m","attempts":1,"cost_usd":1\(rest)}

      """
  }

  private func numbers(zone: String = "UTC") throws -> StatsAnswer.Numbers {
    try StatsAnswer.Numbers(
      from: LedgerReader(path: rig.settings.ledger.path), window: .hours(24),
      zone: try ZoneInfo(zone), now: rig.clock.now)
  }

  @Test func todayAndYesterdayUntilTheSameTime() throws {
    rig.clock.advance(.minutes(7))
    // 12:07 in UTC; the day began 43 620 s ago.
    let ago: [Double] = [
      1, 43_619, 43_621, 86_399, 86_401, 86_460, 130_019, 130_021,
    ]
    rig.scratch.write(
      ago.enumerated().map { request($0.offset, ago: $0.element) }.joined(), to: "a.jsonl")
    try rig.run()
    let utc = try numbers()
    #expect(utc.today.requests == 2 && utc.today.cost == 2_000_000_000)
    #expect(utc.today.to == rig.clock.now)
    #expect(utc.yesterday.requests == 3 && utc.yesterday.cost == 3_000_000_000)
    #expect(utc.yesterday.to == rig.clock.now - .hours(24))
    // There the day began an hour earlier.
    let berlin = try numbers(zone: "Europe/Berlin")
    #expect(berlin.today.requests == 3 && berlin.yesterday.requests == 4)
    #expect(utc.begin?.seconds == 1_795_131_900)
    #expect(utc.lastEnd == rig.clock.now - .seconds(1))
  }

  @Test func withoutSingleRequestsYesterdayEndsWithAWholeQuarter() throws {
    rig.clock.advance(.minutes(7))
    rig.settings.ledger.detail = .hours(1)
    rig.scratch.write(
      request(1, ago: 86_401) + request(2, ago: 87_000) + request(3, ago: 5), to: "a.jsonl")
    try rig.run()
    let numbers = try numbers()
    #expect(numbers.today.requests == 1)
    #expect(numbers.yesterday.requests == 1)
    #expect(numbers.yesterday.to == rig.clock.now - .hours(24) - .minutes(7))
  }

  @Test func firstTokensOfStreamsAndPrices() throws {
    let end = rig.clock.now.seconds - 5
    var lines = (1...20).map { number in
      let begin = end - 10
      return request(
        number, ago: 5,
        ",\"stream\":true,\"attempt_start\":\(begin),\"first_token\":\(begin + Double(number) / 10)"
      )
    }
    lines.append(request(21, ago: 5))
    lines.append(request(22, ago: 5).replacing("\"cost_usd\":1", with: "\"tokens\":{\"input\":3}"))
    rig.scratch.write(lines.joined(), to: "a.jsonl")
    try rig.run()
    let stats = try numbers().stats
    #expect(stats.details.firstToken?.median == .milliseconds(1000))
    #expect(stats.details.firstToken?.p95 == .milliseconds(1900))
    #expect(stats.details.latency?.median == .seconds(10))
    #expect(stats.unpriced == 1)
  }

  @Test func anEmptyLedgerKnowsNothing() throws {
    try rig.start()
    let numbers = try numbers()
    #expect(numbers.begin == nil && numbers.lastEnd == nil)
    #expect(numbers.yesterday.requests == 0 && numbers.yesterday.cost == 0)
    let json = StatsAnswer(
      numbers: numbers, window: .hours(24), now: rig.clock.now, live: Publisher.Live(),
      instance: "here", about: .nothing
    ).json.encoded
    #expect(json.hasPrefix(#"{"instance":"here","version":"1.2.3","window":86400,"#))
    #expect(json.hasSuffix(#""sources":[],"proxy":null,"notifications":[]}"#))
  }

  @Test func sourcesProxyAndWhatWaits() throws {
    try rig.start()
    let now = rig.clock.now
    var live = Publisher.Live()
    var status = SourceStatus()
    (status.isUp, status.lagBytes, status.lastEvent) = (false, 10, now - .seconds(90))
    status.note(.litellm)
    live.sources = [("log", status)]
    var about = AboutSidecar.nothing
    about.proxy = {
      var view = ProxyView()
      (view.isUp, view.askedAt, view.version) = (false, now, "1.2")
      return view
    }
    about.pending = {
      ["n8n": Outbox.Pending(count: 2, oldest: now), "idle": Outbox.Pending(count: 0, oldest: nil)]
    }
    let json = StatsAnswer(
      numbers: try numbers(), window: .hours(24), now: now, live: live, instance: "here",
      about: about
    ).json.encoded
    let time = Int(now.seconds)
    #expect(
      json.hasSuffix(
        """
        "sources":[{"name":"log","up":false,"lagBytes":10,"lagSeconds":90,"attempts":"partial"}],\
        "proxy":{"up":false,"askedAt":\(time),"version":"1.2"},\
        "notifications":[{"receiver":"n8n","pending":2,"oldest":\(time)}]}
        """))
  }

  @Test func answersAreKeptAsLongAsTheyTook() throws {
    try rig.start()
    let numbers = try numbers()
    let key = StatsCache.Key(window: .hours(24), zone: .utc)
    let now = rig.clock.now
    var cache = StatsCache()
    #expect(cache.find(key, now: now) == nil)
    cache.keep(numbers, key, now: now, took: .milliseconds(3))
    #expect(cache.find(key, now: now + .seconds(8)) != nil)
    #expect(cache.find(key, now: now + .seconds(9)) == nil)
    // The clock was set back.
    #expect(cache.find(key, now: now - .seconds(1)) == nil)
    cache.keep(numbers, key, now: now, took: .seconds(2))
    #expect(cache.find(key, now: now + .seconds(39)) != nil)
    // Windows that nobody asks for again make room.
    for hours in 1...20 {
      cache.keep(
        numbers, .init(window: .hours(Int64(hours)), zone: .utc), now: now, took: .seconds(1))
    }
    #expect(cache.find(.init(window: .hours(20), zone: .utc), now: now) != nil)
    #expect(cache.count <= 8)
  }
}
