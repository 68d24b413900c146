import Support
import Testing

@testable import Budget

@Suite struct ForecastTests {
  /// 2026-11-21T00:00:00Z.
  private static let midnight = Timestamp(microseconds: 1_795_219_200_000_000)

  private func desk() -> Desk {
    Desk(
      [
        .test {
          $0.limit.amount = 2400
          $0.forecast = true
        }
      ], at: Self.midnight)
  }

  /// Spends steadily, so much every minute.
  private func run(_ desk: inout Desk, minutes: Int, perMinute: Int64) -> [String] {
    var news: [String] = []
    for _ in 0..<minutes {
      desk.clock.advance(.minutes(1))
      desk.spend(perMinute)
      news += desk.news()
    }
    return news
  }

  @Test func aSteadyRateIsProjected() throws {
    var desk = desk()
    _ = run(&desk, minutes: 1200, perMinute: 1)
    let status = try #require(desk.status())
    // 1200 spent, 240 minutes left, of which the rate knows 98 %.
    #expect(status.spent == 1200)
    #expect((1420...1440).contains(desk.forecast ?? 0))
    #expect(status.exhaustion(desk.rules[0], at: desk.now) == nil)
  }

  @Test func itIsToldOnceItHasExceededForA48th() throws {
    var desk = desk()
    // 2 a minute are 2880 a day; the rate needs some time to be believed.
    var news = run(&desk, minutes: 450, perMinute: 2)
    #expect(news == ["forecast"])
    let crossing = try #require(desk.told.first)
    #expect(crossing.kind == .forecast && crossing.threshold == nil)
    #expect((crossing.forecast ?? 0) > 2400)
    let since = try #require(desk.store.scopes.first?.exceedsSince)
    #expect(crossing.at - since >= .minutes(30) && crossing.at - since < .minutes(34))
    let exhausted = try #require(crossing.exhaustedAt)
    #expect(exhausted > crossing.at && exhausted < crossing.period.end)
    desk.restart()
    news = run(&desk, minutes: 700, perMinute: 2)
    #expect(news == ["50%", "80%"])
    #expect(Set(desk.told.map(\.id)).count == 3)
  }

  @Test func aShortBurstIsNotTold() {
    var desk = desk()
    let news = run(&desk, minutes: 10, perMinute: 20) + run(&desk, minutes: 600, perMinute: 0)
    #expect(news == [])
    #expect(desk.told.isEmpty)
  }

  @Test func theRateIsCarriedOverIntoTheNextPeriod() throws {
    var desk = desk()
    _ = run(&desk, minutes: 1439, perMinute: 1)
    let before = desk.forecast ?? 0
    _ = run(&desk, minutes: 2, perMinute: 1)
    let after = try #require(desk.status())
    #expect(after.spent == 2)
    #expect(abs((desk.forecast ?? 0) - before) < 30)
    // It decays without traffic.
    _ = run(&desk, minutes: 180, perMinute: 0)
    #expect((desk.forecast ?? 0) < 720)
  }

  @Test func anotherLimitIsToldAnew() {
    var desk = desk()
    #expect(run(&desk, minutes: 450, perMinute: 2) == ["forecast"])
    desk.reload { $0.limit.amount = 2600 }
    #expect(run(&desk, minutes: 100, perMinute: 2) == ["forecast"])
    desk.reload { $0.limit.amount = 2400 }
    #expect(run(&desk, minutes: 60, perMinute: 2) == ["50%"])
  }

  @Test func orderDoesNotMatter() {
    var forward = BurnRate()
    var backward = BurnRate()
    let times = (0..<100).map { Self.midnight + .seconds($0 * 37) }
    for time in times { forward.add(7, at: time, period: .hours(1)) }
    for time in times.reversed() { backward.add(7, at: time, period: .hours(1)) }
    let now = Self.midnight + .hours(2)
    let (first, second) = (
      forward.perMicrosecond(at: now, period: .hours(1)),
      backward.perMicrosecond(at: now, period: .hours(1))
    )
    #expect(abs(first - second) < first * 1e-9)
  }

  @Test func nonsenseIsNoRate() {
    #expect(BurnRate(sum: .nan, time: Self.midnight).sum == 0)
    #expect(BurnRate(sum: -1, time: Self.midnight).sum == 0)
    var rate = BurnRate()
    rate.add(.max, at: Self.midnight, period: .minutes(1))
    let end = Self.midnight + .days(30)
    #expect(rate.forecast(spent: 5, at: Self.midnight, end: end, period: .minutes(1)) == .max)
    #expect(
      BurnRate().exhaustion(
        remaining: 1, at: Self.midnight, end: end, period: .minutes(1)) == nil)
  }
}
