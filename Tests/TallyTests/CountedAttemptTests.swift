import Metrics
import Record
import Support
import Testing

@testable import Tally

@Suite struct CountedAttemptTests {
  @Test func whatSaysSomethingOfAProviderIsNoted() throws {
    var desk = Desk.plain()
    desk.request()
    desk.request { record, _ in record.outcome = .cancelled }
    desk.request { record, _ in record.isCacheHit = true }
    desk.request { record, _ in
      record.outcome = .failure
      record.reason = .timeout
    }
    for reason in Reason.allCases { desk.attempt(reason) }
    desk.state.add(desk.batch, now: noon)
    let noted = desk.state.attempts
    // Attempts first: 7 faults of providers and 5 of callers; then the one success.
    #expect(noted.count == 13)
    #expect(noted.count { $0.kind == .failure } == 6)
    #expect(noted.count { $0.kind == .rateLimited } == 1)
    #expect(noted.count { $0.kind == .callerFault } == 5)
    let success = try #require(noted.last)
    #expect(success.kind == .success && success.reason == nil && success.end == noon)
    #expect(success.latency == .milliseconds(1500) && success.tokens == 15)
    #expect(success.cost == Money(nanodollars: 250))
    func text(_ dimension: Dimension, _ id: UInt32) -> String {
      desk.state.labels.text(dimension, id)
    }
    #expect(text(.provider, success.provider) == "openai")
    #expect(text(.deployment, success.deployment) == "main")
    let failure = try #require(noted.first)
    #expect(failure.reason == .rateLimited && text(.provider, failure.provider) == "anthropic")
    desk.state.markWritten()
    #expect(desk.state.attempts.isEmpty)
  }

  @Test func historySaysNothingOfNow() {
    var desk = Desk.plain()
    desk.request()
    desk.state.addHistory(desk.batch, keepDetailsFrom: noon - .days(7))
    #expect(desk.state.attempts.isEmpty)
  }

  @Test func transitionsAreCountedByState() {
    var desk = Desk.plain()
    desk.request()
    _ = desk.changes()
    let openai = desk.state.admit(.provider, "openai", day: noon.day)
    for level in [HealthLevel.unhealthy, .healthy, .unhealthy] {
      desk.state.addTransition(of: openai, to: level)
    }
    #expect(
      desk.values(of: .providerTransitions) == ["openai|unhealthy": 2, "openai|healthy": 1])
  }

  @Test func fallbackRatiosAreByTheRouteAskedFor() throws {
    var desk = Desk.plain()
    for number in 0..<5 {
      desk.request { record, batch in
        record.route = batch.add(number < 4 ? "gpt-4o" : "other-route")
        record.fallbacks = number == 0 ? 1 : 0
      }
    }
    _ = desk.changes()
    let ratios = desk.state.recent.fallbackRatioByRoute(now: noon)
    // Nothing names the other route: it reads `other`.
    #expect(ratios.values.sorted() == [0, 0.25])
    #expect(desk.state.recent.fallbackRatioByRoute(now: noon + .minutes(10)) == [:])
  }
}
