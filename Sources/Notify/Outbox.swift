package import Support

/// Which waiting message is sent when: a pure state, told what happened and asked what to do.
///
/// Messages about one thing reach a receiver in order, so only the first of them is ever due. All
/// else is independent: receivers of each other, and budgets within a receiver. A receiver that
/// fails is in doubt: until it answers well again it gets one message at a time and no more than one
/// a second, and when it does, everything that waits for it is due at once.
package struct Outbox: Sendable {
  /// A message in one receiver's queue.
  package struct Entry: Sendable, Equatable {
    /// The ledger's; rises with time.
    package var number: Int64
    package var receiver: String
    /// Messages with equal keys go in order.
    package var orderingKey: String
    package var created: Timestamp
    package var due: Timestamp
    /// Attempts that were answered, or failed.
    package var attempts: Int
    /// The receiver did not let it in at the last attempt.
    package var isBarred: Bool

    package init(
      number: Int64, receiver: String, orderingKey: String, created: Timestamp, due: Timestamp,
      attempts: Int = 0, isBarred: Bool = false
    ) {
      self.number = number
      self.receiver = receiver
      self.orderingKey = orderingKey
      self.created = created
      self.due = due
      self.attempts = attempts
      self.isBarred = isBarred
    }
  }

  /// What became of an attempt, to be written down.
  package struct Outcome: Sendable, Equatable {
    package var entry: Entry
    package var step: RetrySchedule.Step
    /// Everything that waits for this receiver is due now.
    package var endsDoubt = false
  }

  /// Messages sent to one receiver at the same time.
  package static let concurrency = 4
  /// Between two messages to a receiver in doubt.
  static let doubtfulPause = TimeSpan.seconds(1)

  private enum Phase { case waiting, underway, done }

  private struct Slot {
    var entry: Entry
    var phase = Phase.waiting
    /// The ledger does not know yet what came of the last attempt.
    var isUnwritten = false
    /// The ledger does not hold it any more: an operator dropped it while it was under way.
    var isGone = false
    /// It failed right after others had been accepted, so it says nothing of the receiver.
    var isOdd = false
  }

  private var slots: [Int64: Slot] = [:]
  private var lanes: [String: OutboxLane] = [:]
  /// When it was asked last: a clock that was set back shows here.
  private var asked: Timestamp?
  private let schedule = RetrySchedule()

  /// An empty outbox.
  package init() {}
}

extension Outbox {
  /// Takes over what the ledger holds: new messages, times that were changed there, and what is gone.
  ///
  /// What is under way, or done and not yet written down, stays as it is.
  package mutating func adopt(_ entries: [Entry]) {
    let kept = Set(entries.map(\.number))
    for (number, slot) in slots.filter({ !kept.contains($0.key) }) {
      if slot.phase == .waiting { remove(number) } else { slots[number]?.isGone = true }
    }
    add(entries)
  }

  /// Adds messages, or changes those that wait already.
  package mutating func add(_ entries: [Entry]) {
    for entry in entries.sorted(by: { $0.number < $1.number }) {
      if let slot = slots[entry.number] {
        guard slot.phase == .waiting, !slot.isUnwritten else { continue }
        slots[entry.number]?.entry = entry
      } else {
        slots[entry.number] = Slot(entry: entry)
        lanes[entry.receiver, default: OutboxLane()]
          .enqueue(entry.number, under: entry.orderingKey)
      }
      list(entry)
    }
  }

  /// The ledger knows what became of these.
  package mutating func settle(_ numbers: [Int64]) {
    for number in numbers {
      slots[number]?.isUnwritten = false
      if slots[number]?.phase == .done { remove(number) }
    }
  }

  /// The configuration was read again: what was not let in may be now.
  package mutating func retryBarred(now: Timestamp) {
    for slot in slots.values where slot.entry.isBarred { postpone(slot.entry.number, to: now) }
  }

  private mutating func remove(_ number: Int64) {
    guard let entry = slots.removeValue(forKey: number)?.entry else { return }
    lanes[entry.receiver]?.dequeue(number, under: entry.orderingKey)
    list(entry)
  }

  /// Moves what waits to another time.
  private mutating func postpone(_ number: Int64, to time: Timestamp) {
    guard let slot = slots[number], slot.phase == .waiting, slot.entry.due != time else { return }
    slots[number]?.entry.due = time
    list(slot.entry)
  }

  /// Brings the list of heads up to date for the queue that holds `entry`.
  private mutating func list(_ entry: Entry) {
    let first = lanes[entry.receiver]?.queues[entry.orderingKey]?.first.flatMap { slots[$0] }
    let head = first.flatMap { slot in
      slot.phase == .waiting
        ? OutboxLane.Head(due: slot.entry.due, number: slot.entry.number) : nil
    }
    lanes[entry.receiver]?.list(head, under: entry.orderingKey)
  }
}

extension Outbox {
  /// The messages to send now, each of which counts as under way from here on.
  package mutating func takeDue(now: Timestamp, receivers: Set<String>) -> [Entry] {
    if asked.map({ now < $0 }) ?? true { forgetPlans(now: now) }
    asked = now
    var due: [Entry] = []
    for (receiver, lane) in lanes where receivers.contains(receiver) {
      guard lane.earliest(now: now) <= now else { continue }
      for head in lane.heads.prefix(max(0, lane.room)) where head.due <= now {
        guard let entry = slots[head.number]?.entry else { continue }
        slots[head.number]?.phase = .underway
        lanes[receiver]?.underway += 1
        lanes[receiver]?.lastStart = now
        list(entry)
        due.append(entry)
      }
    }
    return due
  }

  /// When to look again; nil if nothing waits that nothing else will bring forward.
  package func nextDue(now: Timestamp, receivers: Set<String>) -> Timestamp? {
    lanes.compactMap { receiver, lane -> Timestamp? in
      guard let head = lane.heads.first else { return nil }
      // Orphans are only waited for to be given up.
      guard receivers.contains(receiver) else { return now + .hours(1) }
      return lane.room > 0 ? max(head.due, lane.earliest(now: now)) : nil
    }.min()
  }

  /// Gives up what has waited for three days for receivers that nobody configures any more.
  package mutating func takeOrphans(now: Timestamp, receivers: Set<String>) -> [Outcome] {
    let orphaned = lanes.filter { !receivers.contains($0.key) }.values
    let numbers = orphaned.flatMap { $0.queues.values.joined() }.sorted()
    return numbers.compactMap { number in
      guard var slot = slots[number], slot.phase == .waiting,
        now - slot.entry.created >= RetrySchedule.patience
      else { return nil }
      (slot.phase, slot.isUnwritten) = (.done, true)
      slots[number] = slot
      list(slot.entry)
      return Outcome(entry: slot.entry, step: .giveUp)
    }
  }

  /// At the start, and when the clock was set back: what a clock that is behind has planned is due.
  private mutating func forgetPlans(now: Timestamp) {
    for slot in slots.values where slot.entry.due > now && slot.entry.due.isReached(at: now) {
      postpone(slot.entry.number, to: now)
    }
  }
}

extension Outbox {
  /// Takes note of what came of an attempt; nil if the message is not known any more.
  package mutating func finish(
    _ number: Int64, _ verdict: RetrySchedule.Verdict, now: Timestamp,
    using generator: inout some RandomNumberGenerator
  ) -> Outcome? {
    guard var slot = slots[number], slot.phase == .underway else { return nil }
    let receiver = slot.entry.receiver
    slot.entry.attempts += 1
    slot.entry.isBarred = verdict == .barred
    slot.isUnwritten = true
    let step = schedule.step(
      after: verdict, attempts: slot.entry.attempts, created: slot.entry.created, now: now,
      using: &generator)
    if case .retry(let at) = step, !slot.isGone {
      slot.entry.due = at
      slot.phase = .waiting
    } else {
      slot.phase = .done
    }
    let endsDoubt = note(verdict, of: &slot, now: now)
    slots[number] = slot
    list(slot.entry)
    if endsDoubt { bringForward(receiver, now: now) }
    return Outcome(entry: slot.entry, step: step, endsDoubt: endsDoubt)
  }

  /// What the verdict says of the receiver. True if it does well again.
  private mutating func note(
    _ verdict: RetrySchedule.Verdict, of slot: inout Slot, now: Timestamp
  ) -> Bool {
    var lane = lanes[slot.entry.receiver] ?? OutboxLane()
    defer { lanes[slot.entry.receiver] = lane }
    lane.underway -= 1
    switch verdict {
    case .delivered:
      defer { (lane.inDoubt, lane.heldUntil, lane.lastSuccess) = (false, nil, now) }
      return lane.inDoubt
    case .refused: return false
    case .failed(let wait?):
      lane.heldUntil = now + min(max(wait, .seconds(1)), .hours(1))
      lane.inDoubt = true
      return false
    case .failed(nil), .barred:
      // The receiver does well with others: it is the message, and no reason to slow them down.
      slot.isOdd =
        slot.isOdd || (slot.entry.attempts > 1 && !lane.inDoubt && lane.lastSuccess != nil)
      if !slot.isOdd { lane.inDoubt = true }
      return false
    }
  }

  private mutating func bringForward(_ receiver: String, now: Timestamp) {
    for number in (lanes[receiver]?.queues ?? [:]).values.joined() {
      guard let due = slots[number]?.entry.due, due > now else { continue }
      postpone(number, to: now)
    }
  }
}

extension Outbox {
  /// What waits for a receiver.
  package struct Pending: Sendable, Equatable {
    package var count = 0
    /// When the oldest was made; nil if there is none.
    package var oldest: Timestamp?

    /// Both together.
    package static func + (left: Pending, right: Pending) -> Pending {
      Pending(
        count: left.count + right.count,
        oldest: [left.oldest, right.oldest].compactMap { $0 }.min())
    }
  }

  /// By receiver.
  package var pending: [String: Pending] {
    var result: [String: Pending] = [:]
    for slot in slots.values where slot.phase != .done {
      let created = slot.entry.created
      var known = result[slot.entry.receiver] ?? Pending()
      known.count += 1
      known.oldest = min(known.oldest ?? created, created)
      result[slot.entry.receiver] = known
    }
    return result
  }

  /// Whether the message waits, is under way, or is done and not yet written down.
  func holds(_ number: Int64) -> Bool { slots[number] != nil }
}
