import Support
import TestSupport
import Testing

@testable import Notify

/// Draws the least, so that no delay is lengthened.
private struct NoJitter: RandomNumberGenerator {
  mutating func next() -> UInt64 { 1 }
}

struct RetryScheduleTests {
  private let schedule = RetrySchedule()
  private var generator = NoJitter()

  private mutating func step(
    _ verdict: RetrySchedule.Verdict, attempts: Int = 1, age: TimeSpan = .seconds(0)
  ) -> RetrySchedule.Step {
    schedule.step(
      after: verdict, attempts: attempts, created: noon, now: noon + age, using: &generator)
  }

  @Test("failures are tried again later and later, then every hour for three days")
  mutating func delays() {
    var age = TimeSpan.seconds(0)
    var delays: [TimeSpan] = []
    var attempts = 1
    while case .retry(let at) = step(.failed(wait: nil), attempts: attempts, age: age) {
      delays.append(at - (noon + age))
      age = at - noon
      attempts += 1
    }
    let first: [TimeSpan] = [
      .seconds(5), .seconds(30), .minutes(2), .minutes(10), .minutes(30), .hours(1),
    ]
    #expect(Array(delays.prefix(6)) == first)
    #expect(delays.dropFirst(6).allSatisfy { $0 == .hours(1) })
    #expect(age >= .hours(72) && age < .hours(73))
    #expect(attempts == 78)
  }

  @Test(
    "what a receiver asks for replaces the delay, within a second and an hour",
    arguments: [(0, 1), (1, 1), (35, 35), (3600, 3600), (86_400, 3600), (-5, 1)])
  mutating func wait(_ asked: Int64, _ expected: Int64) {
    let verdict = RetrySchedule.Verdict.failed(wait: .seconds(asked))
    #expect(step(verdict, attempts: 4) == .retry(at: noon + .seconds(expected)))
  }

  @Test("a delivered message is done, a refused one given up, one not let in tried hourly")
  mutating func verdicts() {
    #expect(step(.delivered, attempts: 9, age: .hours(100)) == .done)
    #expect(step(.refused) == .giveUp)
    #expect(step(.barred) == .retry(at: noon + .hours(1)))
    #expect(step(.barred, attempts: 30, age: .hours(71)) == .retry(at: noon + .hours(72)))
    #expect(step(.barred, attempts: 72, age: .hours(72)) == .giveUp)
  }

  @Test("an old message that was hardly tried is not given up")
  mutating func patience() {
    #expect(
      step(.failed(wait: nil), attempts: 1, age: .hours(100))
        == .retry(at: noon + .hours(100) + .seconds(5)))
    #expect(step(.failed(wait: nil), attempts: 6, age: .hours(100)) == .giveUp)
  }

  @Test("delays are lengthened by up to a tenth, never shortened")
  func jitter() {
    var random = SeededRandom(seed: 7)
    var seen: Set<Int64> = []
    for _ in 0..<1000 {
      let step = schedule.step(
        after: .failed(wait: nil), attempts: 6, created: noon, now: noon, using: &random)
      guard case .retry(let at) = step else {
        Issue.record("\(step)")
        return
      }
      #expect(at - noon >= .hours(1) && at - noon <= RetrySchedule.longestDelay)
      seen.insert((at - noon).microseconds / 60_000_000)
    }
    #expect(seen.count >= 6)
  }
}
