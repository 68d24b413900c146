import Support
import TestSupport
import Testing

@testable import Budget

/// Random histories: what is told must be what a simple count of all spend says, whatever happens
/// in between.
@Suite struct InterleavingTests {
  private enum Event {
    case spend(Int64, ago: TimeSpan, user: String)
    case advance(TimeSpan)
    case commit
    case restart
    /// The commit is lost; what was spent since the last one is read again.
    case lostCommit
  }

  private func events(seed: UInt64, count: Int) -> [Event] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      switch Int.random(in: 0..<10, using: &random) {
      case 0...4:
        // Back over a midnight and its late hour, and into the future.
        let ago = TimeSpan.minutes(.random(in: -50...200, using: &random))
        return .spend(
          .random(in: 0...9, using: &random), ago: ago,
          user: ["ann", "bob"].randomElement(using: &random) ?? "")
      case 5: return .advance(.minutes(.random(in: 0...100, using: &random)))
      case 6, 7: return .commit
      case 8: return .restart
      default: return .lostCommit
      }
    }
  }

  /// Every event in its order; without `mishaps` nothing is lost, and nobody restarts.
  private func tell(_ events: [Event], _ rules: [BudgetRule], mishaps: Bool) -> Desk {
    var desk = Desk(rules)
    var uncommitted: [(end: Timestamp, amount: Int64, user: String)] = []
    func spend(_ desk: inout Desk, _ record: (end: Timestamp, amount: Int64, user: String)) {
      desk.spend(record.amount, ago: desk.now - record.end, [.user: record.user])
    }
    for event in events {
      switch event {
      case .spend(let amount, let ago, let user):
        let record = (end: desk.now - ago, amount: amount, user: user)
        uncommitted.append(record)
        spend(&desk, record)
      case .advance(let span):
        // As in the program: a commit ends a batch, and batches are not that long.
        desk.commit()
        uncommitted = []
        desk.clock.advance(span)
      case .commit, .restart:
        desk.commit()
        uncommitted = []
        if mishaps, case .restart = event { desk.restart() }
      case .lostCommit:
        guard mishaps else { continue }
        desk.commit(fails: true)
        for record in uncommitted { spend(&desk, record) }
      }
    }
    desk.commit()
    return desk
  }

  private static let kinds: [BudgetPeriod] = [
    .calendar(.hour), .calendar(.day), .calendar(.minute), .rolling(.hours(2)),
    .rolling(.hours(24)),
  ]

  @Test(arguments: kinds)
  func restartsAndLostCommitsChangeNothing(_ period: BudgetPeriod) throws {
    let zone = try ZoneInfo("Asia/Kathmandu")
    for seed in 0..<15 as Range<UInt64> {
      let rules = [BudgetRule?.none, .some(.test { $0.per = .user })].map { other in
        BudgetRule.test {
          $0.name = other == nil ? "all" : "users"
          $0.per = other?.per
          $0.period = period
          $0.zone = zone
          $0.limit.amount = 60
          $0.thresholds = [20, 50, 80, 100, 150]
        }
      }
      let events = events(seed: seed, count: 300)
      let calm = tell(events, rules, mishaps: false)
      let stormy = tell(events, rules, mishaps: true)
      #expect(Set(calm.told.map(\.id)).count == calm.told.count, "seed \(seed)")
      #expect(Set(stormy.told.map(\.id)).count == stormy.told.count, "seed \(seed)")
      #expect(Set(stormy.told.map(\.id)) == Set(calm.told.map(\.id)), "seed \(seed)")
      for text in ["", "ann", "bob"] {
        #expect(stormy.status(text)?.spent == calm.status(text)?.spent)
        #expect(stormy.status(text)?.crossed == calm.status(text)?.crossed)
      }
      if case .calendar(.day) = period { #expect(calm.told.count > 5) }
    }
  }

  /// Against an oracle that keeps every request and counts anew at each commit.
  @Test func calendarCrossingsAreThoseOfASimpleCount() {
    for seed in 100..<120 as Range<UInt64> {
      let rule = BudgetRule.test { $0.limit.amount = 60 }
      let events = events(seed: seed, count: 300)
      let desk = tell(events, [rule], mishaps: true)
      var now = ManualClock().now
      var all: [(end: Timestamp, amount: Int64)] = []
      var expected: Set<String> = []
      func judge() {
        for day in (now - .days(1)).day...now.day {
          let start = Timestamp(microseconds: Int64(day) * 86_400_000_000)
          guard now < start + .hours(25) else { continue }
          let spent = all.filter { $0.end.day == day }.reduce(0) { $0 + $1.amount }
          for threshold in [50, 80, 100] where spent * 100 >= 60 * Int64(threshold) {
            expected.insert("\(start.microseconds) \(threshold)")
          }
        }
      }
      for event in events {
        switch event {
        case .spend(let amount, let ago, _):
          // What came too late for its period is in no budget.
          let end = now - ago
          let over = Timestamp(microseconds: Int64(end.day + 1) * 86_400_000_000)
          if now < over + .hours(1) { all.append((end, amount)) }
        case .advance(let span):
          judge()
          now = now + span
        case .commit, .restart, .lostCommit: judge()
        }
      }
      judge()
      let told = desk.told.map { "\($0.period.start.microseconds) \($0.threshold ?? 0)" }
      #expect(told.count == Set(told).count)
      // A lost commit's crossings are those of the next one.
      #expect(Set(told) == expected, "seed \(seed)")
    }
  }
}
