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

  private struct Lane {
    var inDoubt = false
    var underway = 0
    /// It asked for silence until then.
    var heldUntil: Timestamp?
    var lastStart: Timestamp?
    var lastSuccess: Timestamp?
  }

  private var slots: [Int64: Slot] = [:]
  /// Numbers in order, by receiver and key.
  private var queues: [String: [String: [Int64]]] = [:]
  private var lanes: [String: Lane] = [:]
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
        if slot.phase == .waiting, !slot.isUnwritten { slots[entry.number]?.entry = entry }
        continue
      }
      slots[entry.number] = Slot(entry: entry)
      let queue = queues[entry.receiver]?[entry.orderingKey] ?? []
      let place = queue.firstIndex { $0 > entry.number } ?? queue.count
      queues[entry.receiver, default: [:]][entry.orderingKey, default: []]
        .insert(entry.number, at: place)
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
    let barred = slots.filter { $1.entry.isBarred && $1.phase == .waiting }
    for number in barred.keys { slots[number]?.entry.due = now }
  }

  private mutating func remove(_ number: Int64) {
    guard let entry = slots.removeValue(forKey: number)?.entry else { return }
    queues[entry.receiver]?[entry.orderingKey]?.removeAll { $0 == number }
    if queues[entry.receiver]?[entry.orderingKey]?.isEmpty == true {
      queues[entry.receiver]?[entry.orderingKey] = nil
    }
    if queues[entry.receiver]?.isEmpty == true { queues[entry.receiver] = nil }
  }
}

extension Outbox {
  /// The messages to send now, each of which counts as under way from here on.
  package mutating func takeDue(now: Timestamp, receivers: Set<String>) -> [Entry] {
    var due: [Entry] = []
    for receiver in queues.keys where receivers.contains(receiver) {
      let room = room(of: receiver, now: now)
      guard room > 0 else { continue }
      let heads = heads(of: receiver).filter { isDue($0.due, now) }
      for entry in heads.sorted(by: { ($0.due, $0.number) < ($1.due, $1.number) }).prefix(room) {
        slots[entry.number]?.phase = .underway
        lanes[receiver, default: Lane()].underway += 1
        lanes[receiver, default: Lane()].lastStart = now
        due.append(entry)
      }
    }
    return due
  }

  /// When to look again; nil if nothing waits that nothing else will bring forward.
  package func nextDue(now: Timestamp, receivers: Set<String>) -> Timestamp? {
    queues.keys.compactMap { receiver -> Timestamp? in
      guard receivers.contains(receiver) else { return nil }
      let lane = lanes[receiver] ?? Lane()
      guard lane.underway < (lane.inDoubt ? 1 : Self.concurrency) else { return nil }
      let first = heads(of: receiver).map { isDue($0.due, now) ? now : $0.due }.min()
      return first.map { max($0, earliest(lane, now: now)) }
    }.min()
  }

  private func room(of receiver: String, now: Timestamp) -> Int {
    let lane = lanes[receiver] ?? Lane()
    guard earliest(lane, now: now) <= now else { return 0 }
    return (lane.inDoubt ? 1 : Self.concurrency) - lane.underway
  }

  /// Before that nothing is sent, whatever is due.
  private func earliest(_ lane: Lane, now: Timestamp) -> Timestamp {
    var earliest = now
    if let held = lane.heldUntil, !isDue(held, now) { earliest = held }
    if lane.inDoubt, let last = lane.lastStart {
      let next = last + Self.doubtfulPause
      // A clock that was set back holds up nothing.
      if next - now <= Self.doubtfulPause { earliest = max(earliest, next) }
    }
    return earliest
  }

  private func heads(of receiver: String) -> [Entry] {
    (queues[receiver] ?? [:]).values.compactMap { queue in
      guard let slot = queue.first.flatMap({ slots[$0] }), slot.phase == .waiting else {
        return nil
      }
      return slot.entry
    }
  }

  /// No delay is as long as one that only a clock set back can make.
  private func isDue(_ time: Timestamp, _ now: Timestamp) -> Bool {
    time <= now || time - now > RetrySchedule.longestDelay
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
    if endsDoubt { bringForward(receiver, now: now) }
    return Outcome(entry: slot.entry, step: step, endsDoubt: endsDoubt)
  }

  /// What the verdict says of the receiver. True if it does well again.
  private mutating func note(
    _ verdict: RetrySchedule.Verdict, of slot: inout Slot, now: Timestamp
  ) -> Bool {
    var lane = lanes[slot.entry.receiver] ?? Lane()
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
    for number in (queues[receiver] ?? [:]).values.joined() {
      guard let slot = slots[number], slot.phase == .waiting, slot.entry.due > now else { continue }
      slots[number]?.entry.due = now
    }
  }
}

extension Outbox {
  /// What waits for a receiver.
  package struct Pending: Sendable, Equatable {
    package var count = 0
    /// When the oldest was made; nil if there is none.
    package var oldest: Timestamp?
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
