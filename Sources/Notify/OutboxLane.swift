import Support

/// One receiver's queues, and how it does.
struct OutboxLane: Sendable {
  /// A message that would be sent next of its order.
  struct Head: Sendable, Equatable, Comparable {
    var due: Timestamp
    var number: Int64

    static func < (left: Head, right: Head) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  /// Numbers in order, by ordering key.
  private(set) var queues: [String: [Int64]] = [:]
  /// The heads of those queues that are not under way, the first due first.
  private(set) var heads: [Head] = []
  private var listed: [String: Head] = [:]

  var inDoubt = false
  var underway = 0
  /// It asked for silence until then.
  var heldUntil: Timestamp?
  var lastStart: Timestamp?
  var lastSuccess: Timestamp?

  /// Messages that it may get besides those under way.
  var room: Int { (inDoubt ? 1 : Outbox.concurrency) - underway }

  /// Before that nothing is sent to it, whatever is due.
  func earliest(now: Timestamp) -> Timestamp {
    var earliest = now
    if let heldUntil, !heldUntil.isReached(at: now) { earliest = heldUntil }
    if inDoubt, let lastStart {
      let next = lastStart + Outbox.doubtfulPause
      // A clock that was set back holds up nothing.
      if next - now <= Outbox.doubtfulPause { earliest = max(earliest, next) }
    }
    return earliest
  }

  mutating func enqueue(_ number: Int64, under key: String) {
    let queue = queues[key] ?? []
    let place = queue.lastIndex { $0 < number }.map { $0 + 1 } ?? 0
    queues[key, default: []].insert(number, at: place)
  }

  mutating func dequeue(_ number: Int64, under key: String) {
    queues[key]?.removeAll { $0 == number }
    if queues[key]?.isEmpty == true { queues[key] = nil }
  }

  /// Lists what is now the head of a queue, or nothing while that is under way.
  mutating func list(_ head: Head?, under key: String) {
    guard listed[key] != head else { return }
    if let old = listed.removeValue(forKey: key) { heads.remove(at: place(of: old)) }
    if let head {
      heads.insert(head, at: place(of: head))
      listed[key] = head
    }
  }

  /// Where it is, or belongs.
  private func place(of head: Head) -> Int {
    var (low, high) = (0, heads.count)
    while low < high {
      let middle = (low + high) / 2
      if heads[middle] < head { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Timestamp {
  /// Whether a time that was planned has come: no delay is as long as one that only a clock which
  /// was set back can make.
  func isReached(at now: Timestamp) -> Bool {
    self <= now || self - now > RetrySchedule.longestDelay
  }
}
