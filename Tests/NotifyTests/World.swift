import Support
import TestSupport

@testable import Notify

/// An outbox, a clock and receivers that a test describes: days pass in no time.
struct World {
  struct Attempt: Equatable {
    var number: Int64
    var at: TimeSpan
  }

  private(set) var outbox = Outbox()
  private(set) var now = noon
  /// What was sent, in order, by receiver.
  private(set) var attempts: [String: [Attempt]] = [:]
  private(set) var delivered: [String: [Int64]] = [:]
  private(set) var givenUp: [Int64] = []
  private var next: Int64 = 1
  private var random = SeededRandom(seed: 1)
  /// How long an answer takes.
  var latency = TimeSpan.milliseconds(50)
  /// Answered by the receiver's name, the message, and the time since noon.
  var answer: (String, Int64, TimeSpan) -> RetrySchedule.Verdict = { _, _, _ in .delivered }
  private var underway: [(number: Int64, receiver: String, done: Timestamp)] = []
  /// Most at once by receiver.
  private(set) var mostUnderway: [String: Int] = [:]

  let receivers: Set<String>

  init(receivers: Set<String> = ["ops"]) { self.receivers = receivers }

  @discardableResult
  mutating func post(_ key: String = "daily", to receiver: String = "ops") -> Int64 {
    defer { next += 1 }
    outbox.add([
      Outbox.Entry(
        number: next, receiver: receiver, orderingKey: key, created: now, due: now)
    ])
    return next
  }

  /// Everything in memory is lost; `rows` are what the ledger has.
  mutating func crash(rows: [Outbox.Entry]) {
    outbox = Outbox()
    underway = []
    outbox.adopt(rows)
  }

  mutating func setClock(back span: TimeSpan) { now = now - span }

  mutating func reload() { outbox.retryBarred(now: now) }

  mutating func adopt(_ rows: [Outbox.Entry]) { outbox.adopt(rows) }

  /// Lets time pass from one event to the next.
  mutating func run(for span: TimeSpan) {
    let end = now + span
    while true {
      for orphan in outbox.takeOrphans(now: now, receivers: receivers) {
        givenUp.append(orphan.entry.number)
        outbox.settle([orphan.entry.number])
      }
      for entry in outbox.takeDue(now: now, receivers: receivers) {
        attempts[entry.receiver, default: []].append(Attempt(number: entry.number, at: now - noon))
        underway.append((entry.number, entry.receiver, now + latency))
        let count = underway.count { $0.receiver == entry.receiver }
        mostUnderway[entry.receiver] = max(mostUnderway[entry.receiver] ?? 0, count)
      }
      let due = outbox.nextDue(now: now, receivers: receivers)
      guard let event = (underway.map(\.done) + [due].compactMap(\.self)).min(), event <= end
      else { break }
      now = max(now, event)
      for attempt in underway where attempt.done <= now { finish(attempt.number, attempt.receiver) }
      underway.removeAll { $0.done <= now }
    }
    now = end
  }

  private mutating func finish(_ number: Int64, _ receiver: String) {
    let verdict = answer(receiver, number, now - noon)
    guard let outcome = outbox.finish(number, verdict, now: now, using: &random) else { return }
    if outcome.step == .done { delivered[receiver, default: []].append(number) }
    if outcome.step == .giveUp { givenUp.append(number) }
    outbox.settle([number])
  }
}
