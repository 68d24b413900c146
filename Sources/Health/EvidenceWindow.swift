package import Record
package import Support

/// The attempts of the last minutes, by the second in which they ended.
///
/// Seconds, not attempts: what the window holds does not depend on the order in which attempts
/// become known, it is bounded whatever the traffic, and it can be stored second by second.
package struct EvidenceWindow: Sendable {
  private struct Slot {
    var second: UInt32 = 0
    var counts = AttemptCounts()
    /// Changed since `takeChanges`.
    var isChanged = false
  }

  private var slots: [Slot]
  private var changed: [UInt32] = []
  /// The latest second with an attempt.
  package private(set) var latest: Int64?

  /// A window that remembers for `lookback`.
  package init(lookback: TimeSpan) {
    slots = Array(repeating: Slot(), count: max(1, Int(lookback.wholeSeconds)))
  }

  /// Counts an attempt that ended at `time`. Nothing is counted that is older than the lookback,
  /// seen from the latest attempt.
  package mutating func add(_ kind: AttemptKind, at time: Timestamp) {
    with(time.second) { $0.add(kind) }
  }

  /// Takes over a second as it was stored.
  package mutating func restore(second: Int64, _ counts: AttemptCounts) {
    with(second) { $0 = counts }
    changed.removeAll(keepingCapacity: true)
    slots[place(of: second)].isChanged = false
  }

  /// Calls `body` with each second that changed since the last call, as it is now.
  package mutating func takeChanges(_ body: (Int64, AttemptCounts) -> Void) {
    for second in changed {
      let place = place(of: Int64(second))
      // It may have made room for a later one meanwhile.
      guard slots[place].isChanged, slots[place].second == second else { continue }
      slots[place].isChanged = false
      body(Int64(second), slots[place].counts)
    }
    changed.removeAll(keepingCapacity: true)
  }

  /// The attempts that ended within a second.
  func counts(of second: Int64) -> AttemptCounts? {
    let slot = slots[place(of: second)]
    return Int64(slot.second) == second ? slot.counts : nil
  }

  /// Seconds that are remembered.
  var length: Int64 { Int64(slots.count) }

  private mutating func with(_ second: Int64, _ body: (inout AttemptCounts) -> Void) {
    guard let number = UInt32(exactly: second), number > 0 else { return }
    let place = place(of: second)
    if slots[place].second != number {
      guard slots[place].second < number, second + length > latest ?? 0 else { return }
      slots[place] = Slot(second: number)
    }
    body(&slots[place].counts)
    latest = max(latest ?? second, second)
    guard !slots[place].isChanged else { return }
    slots[place].isChanged = true
    changed.append(number)
  }

  // Division of 64 bits takes several times as long.
  private func place(of second: Int64) -> Int {
    Int(UInt32(truncatingIfNeeded: second) % UInt32(truncatingIfNeeded: slots.count))
  }
}

extension Timestamp {
  /// Whole seconds since 1970.
  var second: Int64 { microseconds / 1_000_000 }
}

extension TimeSpan {
  /// Rounded up.
  var wholeSeconds: Int64 { (microseconds + 999_999) / 1_000_000 }
}
