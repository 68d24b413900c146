import Support
import TestSupport
import Testing

@testable import Budget

@Suite struct PeriodTests {
  /// 2026-11-21T23:59:50Z.
  private static let beforeMidnight = Timestamp(microseconds: 1_795_305_590_000_000)

  @Test func aNewPeriodBeginsAtNothing() {
    var desk = Desk([.test()], at: Self.beforeMidnight)
    desk.spend(100)
    #expect(desk.news() == ["50%", "80%", "100%"])
    desk.clock.advance(.seconds(10))
    // Without traffic, by the timer.
    #expect(desk.watch.isDue(at: desk.now))
    #expect(desk.news() == [])
    #expect(desk.status()?.spent == 0 && desk.status()?.crossed == [])
    #expect(!desk.watch.isDue(at: desk.now))
    desk.spend(50)
    #expect(desk.news() == ["50%"])
  }

  @Test func theLastSecondsOfAPeriodAreToldLate() {
    var desk = Desk([.test()], at: Self.beforeMidnight)
    desk.spend(40)
    _ = desk.commit()
    desk.clock.advance(.minutes(50))
    desk.restart()
    desk.spend(15, ago: .minutes(55))
    desk.spend(60, ago: .minutes(1))
    let crossings = desk.commit()
    #expect(crossings.map(\.isLate) == [true, false])
    #expect(crossings.map(\.spent) == [55, 60])
    #expect(crossings[1].period.start == crossings[0].period.end)
    #expect(desk.status()?.spent == 60)
  }

  @Test(arguments: [
    (BudgetPeriod.calendar(.minute), TimeSpan.seconds(15)),
    (.calendar(.hour), .minutes(2)), (.calendar(.day), .hours(1)),
    (.calendar(.week), .hours(1)), (.calendar(.month), .hours(1)),
  ])
  func afterThatItNeverAlerts(period: BudgetPeriod, lateAfter: TimeSpan) {
    for (delay, isTold) in [(TimeSpan(microseconds: -1), true), (TimeSpan(microseconds: 0), false)]
    {
      var desk = Desk([.test { $0.period = period }])
      let end = desk.status()?.window.end ?? desk.now
      desk.clock.advance((end + lateAfter + delay) - desk.now)
      _ = desk.commit()
      desk.spend(200, ago: (desk.now + .seconds(1)) - end)
      #expect(desk.news() == (isTold ? ["50% late", "80% late", "100% late"] : []))
    }
  }

  @Test func whatIsSpentInTheFutureIsJudgedWhenItComes() {
    var desk = Desk([.test()], at: Self.beforeMidnight)
    desk.spend(80, ago: .seconds(-20))
    #expect(desk.news() == [])
    #expect(desk.status()?.spent == 0)
    desk.restart()
    desk.clock.advance(.seconds(10))
    #expect(desk.news() == ["50%", "80%"])
  }

  @Test func daysOf23And25Hours() throws {
    let berlin = try ZoneInfo("Europe/Berlin")
    for (midnight, hours) in [(1_774_738_800, 23), (1_792_879_200, 25)] as [(Int64, Int64)] {
      let start = Timestamp(microseconds: midnight * 1_000_000)
      var desk = Desk([.test { $0.zone = berlin }], at: start)
      desk.spend(40)
      #expect(desk.news() == [])
      desk.clock.advance(TimeSpan(microseconds: hours * 3_600_000_000 - 1))
      desk.spend(10)
      #expect(desk.news() == ["50%"])
      #expect(desk.told[0].period.start == start)
      #expect(desk.told[0].period.end == start + .hours(hours))
      desk.clock.advance(TimeSpan(microseconds: 1))
      desk.spend(49)
      #expect(desk.news() == [])
      desk.spend(1)
      #expect(desk.news() == ["50%"])
    }
  }

  @Test func monthsAndWeeksEndWhereTheZoneSays() throws {
    let kolkata = try ZoneInfo("Asia/Kolkata")
    var desk = Desk([
      .test {
        $0.zone = kolkata
        $0.period = .calendar(.month)
      },
      .test {
        $0.name = "week"
        $0.period = .calendar(.week)
      },
    ])
    desk.spend(50)
    let crossings = desk.commit()
    #expect(crossings.map(\.period.kind) == ["month", "week"])
    #expect(crossings.map(\.period.zone.name) == ["Asia/Kolkata", "UTC"])
    // 2026-10-31T18:30Z and 2026-11-16T00:00Z.
    #expect(
      crossings.map(\.period.start.microseconds) == [
        1_793_471_400_000_000, 1_794_787_200_000_000,
      ])
  }

  @Test func historyOfLastMonthNeverAlerts() {
    var desk = Desk([
      .test(),
      .test {
        $0.name = "month"
        $0.period = .calendar(.month)
      },
      .test {
        $0.name = "rolling"
        $0.period = .rolling(.days(7))
      },
    ])
    for day in 22...60 { desk.spend(1000, ago: .days(Int64(day))) }
    #expect(desk.news() == [])
  }

  @Test func aClockThatIsSetBackAsksForTheLedger() {
    var desk = Desk([.test()], at: Self.beforeMidnight)
    desk.spend(60)
    #expect(desk.news() == ["50%"])
    desk.clock.advance(.hours(2))
    #expect(desk.news() == [])
    desk.spend(1)
    desk.clock.advance(.days(2))
    #expect(desk.evaluate().unknown == [])
    desk.spend(1)
    desk.clock.advance(.hours(26))
    #expect(desk.evaluate().unknown == [])
    // Back by an hour, as a clock is set right; then by days, of whose spend nothing is known.
    desk.clock.advance(.hours(-1))
    #expect(desk.evaluate().unknown == [])
    desk.clock.advance(.days(-3))
    #expect(desk.watch.isDue(at: desk.now))
    #expect(desk.evaluate().unknown == [1])
  }
}
