import Metrics
import Support
import Testing

@testable import Record
@testable import Tally

/// What is kept of the last minutes only: ratios, spend of the hour, rate limits, exemplars.
@Suite struct LiveTests {
  @Test func ratiosAreOfRequestsThatReachedAProvider() throws {
    var desk = Desk.plain()
    #expect(desk.state.recent.ratios(now: noon) == nil)
    for index in 0..<4 {
      desk.request { record, _ in
        if index == 0 {
          record.outcome = .failure
          record.reason = .timeout
        }
        record.fallbacks = index < 2 ? 1 : 0
      }
    }
    desk.request { record, _ in record.attempts = 0 }
    _ = desk.changes()
    let ratios = try #require(desk.state.recent.ratios(now: noon))
    // The failed one's fallback served nobody.
    #expect(ratios.errors == 0.25 && ratios.fallbacks == 0.25)
    #expect(desk.state.recent.ratios(now: noon + .minutes(9)) != nil)
    #expect(desk.state.recent.ratios(now: noon + .minutes(10)) == nil)
  }

  @Test func spendIsOfTheLastHourByEventTime() {
    var window = RecentWindow()
    for (minutes, cost) in [(0, 1), (59, 10), (60, 100), (600, 1000)] as [(Int64, Int64)] {
      window.addCost(at: noon - .minutes(minutes), provider: 2, nanodollars: cost)
    }
    window.addCost(at: noon - .minutes(1), provider: 3, nanodollars: 5)
    #expect(window.costOfLastHour(now: noon) == [2: 11, 3: 5])
    #expect(window.costOfLastHour(now: noon + .minutes(58)) == [2: 1, 3: 5])
    #expect(window.costOfLastHour(now: noon + .minutes(60)) == [:])
  }

  @Test func anOldEventDoesNotFallIntoANewMinute() {
    var window = RecentWindow()
    window.addCost(at: noon, provider: 2, nanodollars: 1)
    window.addCost(at: noon - .minutes(64), provider: 2, nanodollars: 100)
    #expect(window.costOfLastHour(now: noon) == [2: 1])
  }

  @Test func aStoredMinuteCountsLikeItsRequests() throws {
    var desk = Desk.plain()
    var minute = RecentWindow.StoredMinute(end: noon, provider: 2, route: 2)
    minute.nanodollars = 7
    minute.reached = 4
    minute.failed = 1
    minute.fallenBack = 2
    desk.state.restore(minute)
    let ratios = try #require(desk.state.recent.ratios(now: noon))
    #expect(ratios.errors == 0.25 && ratios.fallbacks == 0.5)
    #expect(desk.state.recent.costOfLastHour(now: noon) == [2: 7])
  }

  @Test func theLatestWordOnARateLimitCounts() {
    var desk = Desk.plain()
    for (seconds, left) in [(10, 5), (20, 4), (15, 9)] as [(Int64, Int64)] {
      desk.request { record, _ in
        record.end = noon + .seconds(seconds)
        record.rateLimit.remainingRequests = left
      }
    }
    desk.request { record, _ in record.end = noon + .seconds(30) }
    _ = desk.changes()
    let entries = desk.state.rateLimits.entries
    #expect(entries.count == 1)
    #expect(entries.first?.limit.remainingRequests == 4)
    #expect(entries.first?.seen == noon + .seconds(20))
  }

  @Test func aTraceBecomesAnExemplarOfItsBucket() {
    var desk = Desk.plain()
    for trace in ["trace-1", "", "ann@example.com", "sk-secret", "a b", "10.0.0.1"] {
      desk.request { record, batch in record.trace = batch.add(trace) }
    }
    desk.request { record, batch in
      record.trace = batch.add("slow_2")
      record.start = noon - .seconds(100)
    }
    desk.state.add(desk.batch, now: noon)
    #expect(desk.state.exemplars.map(\.family) == [.requestDuration, .requestDuration])
    #expect(desk.state.exemplars.map(\.bucket) == [8, 14])
    desk.state.markWritten()
    #expect(desk.state.exemplars.isEmpty)
  }

  @Test func whatTheLogDoesNotPriceThePriceListDoes() {
    let prices = PriceBook(prices: [
      "openai/gpt-4o": ModelPrice(input: 2_500_000_000, output: 10_000_000_000)
    ])
    var desk = Desk.plain(prices: prices)
    desk.request { record, _ in record.cost = nil }
    desk.request { record, batch in
      record.cost = nil
      record.model = batch.add("unheard-of")
    }
    desk.request { record, batch in
      record.cost = nil
      record.model = batch.add("meta-llama/llama:free")
    }
    desk.request { record, _ in
      record.cost = nil
      record.tokens = TokenUsage()
    }
    #expect(
      desk.changes(in: [.cost, .unpricedRequests, .unpricedTokens]) == [
        // 10 × 2.5 + 5 × 10 microdollars.
        "llm_cost_total provider=openai model=gpt-4o power_level=none +75000",
        "llm_cost_total provider=openai model=meta-llama/llama:free power_level=none +0",
        "llm_unpriced_requests_total provider=openai model=unheard-of +1",
        "llm_unpriced_tokens_total provider=openai model=unheard-of +15",
      ])
  }

  @Test func aLogsOwnCostWins() {
    let prices = PriceBook(prices: ["gpt-4o": ModelPrice(input: 1_000_000_000, output: 0)])
    var desk = Desk.plain(prices: prices)
    desk.request()
    desk.request { record, _ in record.cost = .zero }
    _ = desk.changes()
    #expect(desk.values(of: .cost) == ["openai|gpt-4o|none": 250])
  }

  @Test func sourcesCountWhatTheyRead() {
    var desk = Desk.plain()
    var counts = SourceCounts()
    counts.lines = 10
    counts.bytes = 1000
    counts.events = 6
    counts.duplicates = 2
    counts.lastEvent = noon
    counts.reject(.notJSON)
    counts.reject(.notJSON)
    counts.reject(.future)
    desk.state.add(counts, source: "/var/log/*.jsonl", now: noon)
    #expect(
      desk.changes() == [
        "sidelight_source_lines_total source=/var/log/*.jsonl +10",
        "sidelight_source_bytes_total source=/var/log/*.jsonl +1000",
        "sidelight_source_events_total source=/var/log/*.jsonl +6",
        "sidelight_source_duplicates_total source=/var/log/*.jsonl +2",
        "sidelight_source_rejected_total source=/var/log/*.jsonl reason=future +1",
        "sidelight_source_rejected_total source=/var/log/*.jsonl reason=not_json +2",
        "sidelight_source_last_event_timestamp_seconds source=/var/log/*.jsonl"
          + " +1795262400000000",
      ])
  }
}
