import Support
import Testing

@testable import Budget

@Suite struct ThresholdTests {
  @Test func eachThresholdIsToldOnce() {
    var desk = Desk([.test()])
    #expect(desk.news() == [])
    desk.spend(49)
    #expect(desk.news() == [])
    desk.spend(1)
    #expect(desk.news() == ["50%"])
    desk.spend(29)
    #expect(desk.news() == [])
    desk.spend(1)
    #expect(desk.news() == ["80%"])
    desk.spend(500)
    #expect(desk.news() == ["100%"])
    desk.spend(500)
    #expect(desk.news() == [])
    desk.clock.advance(.minutes(10))
    #expect(desk.news() == [])
  }

  @Test func oneRequestThatJumpsFromTenTo250Percent() {
    var desk = Desk([.test { $0.thresholds = [50, 80, 100, 200, 300] }])
    desk.spend(10)
    #expect(desk.news() == [])
    desk.spend(240)
    let crossings = desk.commit()
    #expect(crossings.map(\.threshold) == [50, 80, 100, 200])
    #expect(crossings.allSatisfy { $0.spent == 250 && $0.usedPercent == 250 && !$0.isLate })
    #expect(Set(crossings.map(\.id)).count == 4)
    #expect(crossings.allSatisfy { $0.id.count == 32 })
  }

  @Test(arguments: [BudgetPeriod.calendar(.day), .rolling(.hours(1))])
  func severalRequestsInOneBatchTellTheSpendAtTheOneThatCrossed(_ period: BudgetPeriod) {
    var desk = Desk([.test { $0.period = period }])
    for _ in 0..<2 { desk.spend(22) }
    #expect(desk.commit().isEmpty)
    for _ in 0..<5 { desk.spend(15) }
    let crossings = desk.commit()
    #expect(crossings.map(\.threshold) == [50, 80, 100])
    #expect(crossings.map(\.spent) == [59, 89, 104])
  }

  @Test func whatWasReachedInABatchThatFailedIsToldAsItIsReadAgain() {
    var desk = Desk([.test()])
    desk.spend(60)
    desk.spend(25)
    desk.commit(fails: true)
    desk.spend(55)
    desk.spend(30)
    #expect(desk.commit().map(\.spent) == [55, 85])
  }

  @Test func theLeastSpendThatReachesAThreshold() {
    for amount: Int64 in [0, 1, 3, 99, 100, 101, 1_000_000_007, BudgetLimit.largest] {
      let limit = BudgetLimit(amount, .usd)
      for percent: Int32 in [1, 33, 50, 80, 100, 250, 10_000] {
        let level = limit.level(of: percent)
        // What is beyond all numbers is reached by the largest.
        if level == .max { continue }
        #expect(limit.isReached(by: level, percent: percent))
        #expect(!limit.isReached(by: level - 1, percent: percent))
      }
    }
  }

  @Test func ofNothingAnySpendIsEverything() {
    var desk = Desk([.test { $0.limit = BudgetLimit(0, .usd) }])
    desk.spend(0)
    #expect(desk.news() == [])
    #expect(!desk.rules[0].limit.isSpent(by: 0))
    desk.spend(1)
    let crossings = desk.commit()
    #expect(crossings.map(\.threshold) == [50, 80, 100])
    #expect(crossings[0].usedPercent == nil)
    #expect(desk.news() == [])
  }

  @Test func aRaisedLimitRearmsWhatIsNowAboveSpend() {
    var desk = Desk([.test()])
    desk.spend(90)
    #expect(desk.news() == ["50%", "80%"])
    // 90 of 110 are 82 %: still above both.
    desk.reload { $0.limit.amount = 110 }
    #expect(desk.news() == [])
    // 90 of 200 are 45 %: both are armed.
    desk.reload { $0.limit.amount = 200 }
    #expect(desk.news() == [])
    desk.spend(10)
    #expect(desk.news() == ["50%"])
    // Back to a limit that was told already.
    desk.reload { $0.limit.amount = 110 }
    #expect(desk.news() == [])
    desk.spend(10)
    #expect(desk.news() == ["100%"])
    desk.reload { $0.limit.amount = 100 }
    // 100 % of 100 was not told at 90, but at 110 of 110: known to be crossed.
    #expect(desk.news() == [])
    desk.reload { $0.limit.amount = 200 }
    #expect(desk.news() == [])
    desk.spend(90)
    #expect(desk.news() == ["80%", "100%"])
  }

  @Test func aLoweredLimitTellsWhatItCrosses() {
    var desk = Desk([.test()])
    desk.spend(60)
    #expect(desk.news() == ["50%"])
    desk.reload { $0.limit.amount = 70 }
    #expect(desk.news() == ["80%"])
    desk.reload { $0.limit.amount = 0 }
    #expect(desk.news() == ["100%"])
    desk.reload { $0.limit.amount = 100 }
    #expect(desk.news() == [])
  }

  @Test func aLimitThatChangesBackAndForthIsSilent() {
    var desk = Desk([.test()])
    desk.spend(100)
    #expect(desk.news() == ["50%", "80%", "100%"])
    for limit in [1000, 100, 50, 100, 1000, 100] as [Int64] {
      desk.reload { $0.limit.amount = limit }
      #expect(desk.news() == [], "\(limit)")
    }
  }

  @Test func newThresholdsAreJudgedAtOnce() {
    var desk = Desk([.test()])
    desk.spend(95)
    #expect(desk.news() == ["50%", "80%"])
    desk.reload { $0.thresholds = [10, 80, 90, 100] }
    #expect(desk.news() == ["10%", "90%"])
    desk.reload { $0.thresholds = [50] }
    #expect(desk.news() == [])
  }

  @Test func anotherIdentityIsAnotherBudget() {
    var desk = Desk([.test()])
    desk.spend(60)
    #expect(desk.news() == ["50%"])
    let first = desk.told[0].id
    desk.reload { $0.limit.unit = .tokens }
    desk.spend(60)
    #expect(desk.news() == ["50%"])
    #expect(desk.told[1].id != first)
    // The old one is known again.
    desk.reload { $0.limit.unit = .requests }
    #expect(desk.news() == [])
    desk.spend(20)
    #expect(desk.news() == ["80%"])
    #expect(desk.status()?.spent == 80)
  }

  @Test func sumsStayAtTheLargestNumber() {
    var desk = Desk([.test { $0.limit.amount = BudgetLimit.largest }])
    for _ in 0..<20 { desk.spend(.max) }
    #expect(desk.news() == ["50%", "80%", "100%"])
    #expect(desk.status()?.spent == .max)
    #expect(desk.forecast == .max)
    desk.reload { $0.period = .rolling(.hours(1)) }
    for minute in 0..<20 { desk.spend(.max, ago: .minutes(Int64(minute))) }
    #expect(desk.news() == ["50%", "80%", "100%"])
  }
}

@Suite struct RollingTests {
  private var desk = Desk([.test { $0.period = .rolling(.hours(1)) }])

  @Test mutating func aThresholdRearmsFivePointsBelow() {
    desk.spend(60)
    #expect(desk.news() == ["50%"])
    desk.clock.advance(.minutes(30))
    desk.spend(46)
    #expect(desk.news() == ["80%", "100%"])
    // 60 slide out: 46 are left, not 5 points below 50, but below 75 and 95.
    desk.clock.advance(.minutes(30))
    #expect(desk.news() == [])
    #expect(desk.status()?.spent == 46)
    desk.spend(40)
    #expect(desk.news() == ["80%"])
    desk.clock.advance(.minutes(30))
    #expect(desk.news() == [])
    #expect(desk.status()?.spent == 40)
    desk.restart()
    desk.spend(60)
    let crossings = desk.commit()
    #expect(crossings.map(\.threshold) == [50, 80, 100])
    #expect(Set(desk.told.map(\.id)).count == desk.told.count)
  }

  @Test mutating func itIsExactToOneStep() {
    desk.spend(100)
    _ = desk.commit()
    let status = desk.status()
    #expect(status?.spent == 100 && status?.crossed == [50, 80, 100])
    #expect(status?.freeAt == desk.now + .hours(1))
    desk.clock.advance(.minutes(59))
    _ = desk.commit()
    #expect(desk.status()?.spent == 100)
    desk.clock.advance(.minutes(1))
    #expect(desk.watch.isDue(at: desk.now))
    _ = desk.commit()
    #expect(desk.status()?.spent == 0 && desk.status()?.freeAt == nil)
  }

  @Test mutating func whatIsOlderThanTheWindowIsOfNoInterest() {
    desk.spend(1000, ago: .minutes(60))
    #expect(desk.news() == [])
    desk.spend(100, ago: .minutes(59))
    #expect(desk.news() == ["50%", "80%", "100%"])
    desk.clock.advance(.minutes(1))
    _ = desk.commit()
    #expect(desk.status()?.spent == 0)
    #expect(desk.store.spends.isEmpty)
  }

  @Test func stepsAreASixtieth() {
    #expect(BudgetPeriod.rolling(.hours(1)).step == .minutes(1))
    #expect(BudgetPeriod.rolling(.hours(24)).step == .minutes(24))
    #expect(BudgetPeriod.rolling(.days(30)).step == .hours(12))
    #expect(BudgetPeriod.rolling(.minutes(90)).step == .minutes(2))
    #expect(BudgetPeriod.rolling(.hours(24)).text == "rolling 1d")
  }
}
