import Support
import TestSupport
import Testing

@testable import Source

@Suite struct SpendLogPlanTests {
  private static let now = ManualClock().now
  private static func cursor(_ minutesAgo: Int64, _ id: String = "a") -> SpendLogCursor {
    SpendLogCursor(start: now - .minutes(minutesAgo), id: id)
  }

  private func plan(_ cursor: SpendLogCursor, floor: Timestamp? = nil) -> SpendLogPlan {
    SpendLogPlan(
      cursor: cursor, floor: floor ?? Timestamp(microseconds: 0),
      remembered: Self.now - .days(7), now: Self.now)
  }

  /// A plan that has read all there was at `now`.
  private func caughtUp() -> SpendLogPlan {
    var plan = plan(Self.cursor(10))
    plan.didLate(
      plan.next(steady: Self.now), last: nil, isFull: false, asked: Self.now, steady: Self.now,
      now: Self.now)
    plan.didForward(last: nil, isFull: false, steady: Self.now)
    return plan
  }

  @Test func whatCameLateIsReadFirstThenWhatIsNew() {
    var plan = plan(Self.cursor(10))
    let late = plan.next(steady: Self.now)
    #expect(
      late
        == .late(
          after: Self.cursor(70, ""), upTo: Self.cursor(10), created: Self.now - .minutes(72)))
    // Page by page, with the same bounds.
    plan.didLate(
      late, last: Self.cursor(30, "x"), isFull: true, asked: Self.now, steady: Self.now,
      now: Self.now)
    #expect(
      plan.next(steady: Self.now)
        == .late(
          after: Self.cursor(30, "x"), upTo: Self.cursor(10), created: Self.now - .minutes(72)))
    plan.didLate(
      plan.next(steady: Self.now), last: Self.cursor(10), isFull: false, asked: Self.now,
      steady: Self.now, now: Self.now)
    #expect(plan.next(steady: Self.now) == .forward(after: Self.cursor(10)))
    plan.didForward(last: Self.cursor(5), isFull: true, steady: Self.now)
    #expect(plan.next(steady: Self.now) == .forward(after: Self.cursor(5)))
    #expect(!plan.isCaughtUp)
    plan.didForward(last: Self.cursor(4), isFull: false, steady: Self.now)
    #expect(plan.isCaughtUp && plan.cursor == Self.cursor(4))
    #expect(plan.next(steady: Self.now) == .wait(.seconds(2)))
  }

  @Test func nobodyKnowsWhatWasCountedLongAgo() {
    let old = SpendLogCursor(start: Self.now - .days(7), id: "a")
    #expect(plan(old).next(steady: Self.now) == .forward(after: old))
    let first = SpendLogCursor(start: Timestamp(microseconds: 0), id: "")
    #expect(plan(first).next(steady: Self.now) == .forward(after: first))
  }

  @Test func nothingBeforeTheFloorIsLookedFor() {
    let floor = Self.now - .minutes(20)
    #expect(
      plan(Self.cursor(10), floor: floor).next(steady: Self.now)
        == .late(
          after: SpendLogCursor(start: floor, id: ""), upTo: Self.cursor(10),
          created: floor - .minutes(2)))
  }

  @Test func lateRowsAreLookedForAgainAndAgain() {
    var plan = caughtUp()
    #expect(plan.next(steady: Self.now + .seconds(1)) == .wait(.seconds(1)))
    #expect(plan.next(steady: Self.now + .seconds(2)) == .forward(after: Self.cursor(10)))
    let then = Self.now + .seconds(14)
    plan.didForward(last: nil, isFull: false, steady: then)
    #expect(plan.next(steady: then) == .wait(.seconds(1)))
    let late = plan.next(steady: then + .seconds(1))
    // Since the last look, and what a transaction may have taken.
    #expect(
      late
        == .late(
          after: Self.cursor(70, ""), upTo: Self.cursor(10), created: Self.now - .minutes(2)))
    // A look of 2 s may be taken every 100 s.
    let end = then + .seconds(3)
    plan.didLate(
      late, last: nil, isFull: false, asked: then + .seconds(1), steady: end, now: end)
    plan.didForward(last: nil, isFull: false, steady: end + .seconds(97))
    #expect(plan.next(steady: end + .seconds(98)) == .wait(.seconds(1)))
    plan.didForward(last: nil, isFull: false, steady: end + .seconds(100))
    #expect(
      plan.next(steady: end + .seconds(100))
        == .late(
          after: Self.cursor(70, ""), upTo: Self.cursor(10),
          created: then + .seconds(1) - .minutes(2)))
  }

  @Test func aDatabaseThatIsAwayIsAskedLessAndLess() {
    var plan = caughtUp()
    var now = Self.now + .seconds(2)
    var waits: [TimeSpan] = []
    for _ in 0..<9 {
      plan.didFail(steady: now)
      guard case .wait(let span) = plan.next(steady: now) else { continue }
      waits.append(span)
      now = now + span
      #expect(plan.next(steady: now) == .forward(after: Self.cursor(10)))
    }
    #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
    plan.didForward(last: nil, isFull: false, steady: now)
    plan.didFail(steady: now)
    #expect(plan.next(steady: now) == .wait(.seconds(1)))
  }

  @Test func idsAreRememberedAndBounded() {
    var rows = RecentRows()
    let first = rows.insert(1)
    let again = rows.insert(1)
    #expect(first && !again)
    for id in 2..<600_000 as Range<UInt64> { _ = rows.insert(id) }
    let recent = rows.insert(400_000)
    let forgotten = rows.insert(1)
    #expect(!recent && forgotten)
  }
}
