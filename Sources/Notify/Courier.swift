import FoundationEssentials
import HTTP
package import Support

/// Delivers what waits in the outbox, and reports what came of each attempt.
///
/// It keeps nothing: the ledger does. Until `settle` says that an outcome is written down, the next
/// message of the same order waits; a crash before that repeats the message under its id.
package final class Courier: Sendable {
  /// A message with what the ledger holds of it.
  package struct Letter: Sendable {
    package var entry: Outbox.Entry
    /// One line for operators.
    package var title: String
    /// A `Notification` as it is stored.
    package var body: [UInt8]

    package init(entry: Outbox.Entry, title: String, body: [UInt8]) {
      self.entry = entry
      self.title = title
      self.body = body
    }
  }

  /// What came of an attempt.
  package struct Report: Sendable, Equatable {
    package var outcome: Outbox.Outcome
    /// One line for operators.
    package var title: String
    package var time: Timestamp
    /// What the receiver said, for people.
    package var text: String
  }

  private struct State: Sendable {
    var outbox = Outbox()
    var letters: [Int64: Letter] = [:]
    var receivers: [String: any Receiver] = [:]
    var generator = SystemRandomNumberGenerator()
    var isStopping = false
  }

  private let state = Locked(State())
  private let clock: WallClock
  private let delivery: Delivery
  private let sleep: @Sendable (TimeSpan) async -> Void
  private let report: @Sendable (Report) -> Void
  private let wakeups: AsyncStream<Void>
  private let wakeup: AsyncStream<Void>.Continuation

  /// `report` is called for each outcome, on any thread.
  package init(
    delivery: Delivery, clock: WallClock,
    sleep: @escaping @Sendable (TimeSpan) async -> Void = { span in
      try? await Task.sleep(for: .microseconds(span.microseconds))
    },
    report: @escaping @Sendable (Report) -> Void
  ) {
    self.delivery = delivery
    self.clock = clock
    self.sleep = sleep
    self.report = report
    (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Delivers until `stop`, and ends when nothing is under way any more, or as a cancelled task at
  /// once.
  package func run() async {
    await withDiscardingTaskGroup { group in
      var wakeups = wakeups.makeAsyncIterator()
      while true {
        giveUpOrphans()
        let (letters, next, isStopping) = takeDue()
        if isStopping { break }
        for (letter, receiver) in letters {
          group.addTask { await self.deliver(letter, to: receiver) }
        }
        let timer = next.map { span in
          Task {
            await self.sleep(span)
            self.wakeup.yield()
          }
        }
        if await wakeups.next() == nil { break }
        timer?.cancel()
      }
    }
  }

  /// Begins no further attempt.
  package func stop() {
    state.withLock { $0.isStopping = true }
    wakeup.yield()
  }

  private func takeDue() -> (
    letters: [(Letter, any Receiver)], next: TimeSpan?, isStopping: Bool
  ) {
    let now = clock.now()
    return state.withLock { state in
      guard !state.isStopping else { return ([], nil, true) }
      let names = Set(state.receivers.keys)
      var letters: [(Letter, any Receiver)] = []
      for entry in state.outbox.takeDue(now: now, receivers: names) {
        guard let receiver = state.receivers[entry.receiver],
          let letter = state.letters[entry.number]
        else { continue }
        letters.append((letter, receiver))
      }
      // A clock that is set shows in a minute at the latest.
      let next = state.outbox.nextDue(now: now, receivers: names).map { min($0 - now, .minutes(1)) }
      return (letters, next, false)
    }
  }

  private func giveUpOrphans() {
    let now = clock.now()
    let reports = state.withLock { state in
      state.outbox.takeOrphans(now: now, receivers: Set(state.receivers.keys)).map { outcome in
        Report(
          outcome: outcome, title: state.letters[outcome.entry.number]?.title ?? "", time: now,
          text: "no receiver is called so any more")
      }
    }
    for item in reports { report(item) }
  }

  private func deliver(_ letter: Letter, to receiver: any Receiver) async {
    let answer: Delivery.Answer
    if let notification = Notification(stored: letter.body) {
      answer = await delivery.attempt(notification, to: receiver, now: clock.now())
    } else {
      answer = Delivery.Answer(
        verdict: .refused, text: "the ledger holds it in a form that this release cannot read")
    }
    // What a stop cut off is tried again by the next start.
    if Task.isCancelled, answer.verdict != .delivered { return }
    let now = clock.now()
    let outcome = state.withLock { state in
      state.outbox.finish(
        letter.entry.number, answer.verdict, now: now, using: &state.generator)
    }
    if let outcome {
      report(Report(outcome: outcome, title: letter.title, time: now, text: answer.text))
    }
    wakeup.yield()
  }
}

extension Courier {
  /// Delivers by way of these from now on; what they did not let in before is tried again.
  package func use(_ receivers: [String: any Receiver]) {
    let now = clock.now()
    state.withLock { state in
      state.receivers = receivers
      state.outbox.retryBarred(now: now)
    }
    wakeup.yield()
  }

  /// Takes over all that waits in the ledger.
  package func adopt(_ letters: [Letter]) {
    state.withLock { state in
      state.outbox.adopt(letters.map(\.entry))
      for letter in letters { state.letters[letter.entry.number] = letter }
      state.letters = state.letters.filter { state.outbox.holds($0.key) }
    }
    wakeup.yield()
  }

  /// Adds messages that were committed just now.
  package func add(_ letters: [Letter]) {
    state.withLock { state in
      state.outbox.add(letters.map(\.entry))
      for letter in letters { state.letters[letter.entry.number] = letter }
    }
    wakeup.yield()
  }

  /// The outcomes of these messages are written down.
  package func settle(_ numbers: [Int64]) {
    state.withLock { state in
      state.outbox.settle(numbers)
      for number in numbers where !state.outbox.holds(number) { state.letters[number] = nil }
    }
    wakeup.yield()
  }

  /// What waits for each receiver, the configured ones for which nothing waits included.
  package var pending: [String: Outbox.Pending] {
    state.withLock { state in
      state.outbox.pending.merging(state.receivers.mapValues { _ in Outbox.Pending() }) {
        first, _ in first
      }
    }
  }
}

extension Notification {
  /// As the ledger keeps it.
  package var stored: [UInt8] {
    // Nothing in it can fail to be written: all its numbers are finite.
    (try? JSONEncoder().encode(self)).map(Array.init) ?? []
  }

  /// What the ledger kept; nil if it was another release that did, with other fields.
  package init?(stored: [UInt8]) {
    guard let found = try? JSONDecoder().decode(Notification.self, from: Data(stored)) else {
      return nil
    }
    self = found
  }
}
