/// A key of sums, in the order of the ledger's primary key.
protocol SumKey: Comparable, Sendable {
  /// Well spread bits.
  var spread: UInt64 { get }
}

/// Sums by key: open addressing over flat arrays, because `Dictionary` costs several times as much
/// for keys of this size.
struct SumTable<Key: SumKey>: Sendable {
  private var keys: [Key] = []
  private var sums: [RollupSums] = []
  private var slots: [UInt32]
  private static var free: UInt32 { .max }

  init() { slots = Array(repeating: Self.free, count: 64) }

  var count: Int { keys.count }

  /// The rows in the order of their keys.
  var order: [UInt32] {
    var order = (0..<UInt32(keys.count)).map { $0 }
    keys.withUnsafeBufferPointer { keys in
      order.sort { keys[Int($0)] < keys[Int($1)] }
    }
    return order
  }

  subscript(row: UInt32) -> (key: Key, sums: RollupSums) { (keys[Int(row)], sums[Int(row)]) }

  mutating func add(_ amount: RollupSums, to key: Key) {
    var slot = Int(truncatingIfNeeded: key.spread) & (slots.count - 1)
    while slots[slot] != Self.free {
      let row = Int(slots[slot])
      if keys[row] == key {
        sums[row] += amount
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = UInt32(keys.count)
    keys.append(key)
    sums.append(amount)
    if keys.count * 4 > slots.count * 3 { grow() }
  }

  mutating func removeAll() {
    guard !keys.isEmpty else { return }
    keys.removeAll(keepingCapacity: true)
    sums.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = Self.free }
  }

  private mutating func grow() {
    slots = Array(repeating: Self.free, count: slots.count * 2)
    for (row, key) in keys.enumerated() {
      var slot = Int(truncatingIfNeeded: key.spread) & (slots.count - 1)
      while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(row)
    }
  }
}

extension RollupKey: SumKey {
  /// Two columns each, so that few numbers tell keys apart; quarters are not negative.
  private var parts: (UInt64, UInt64, UInt64, UInt64, UInt32) {
    (
      pair(UInt32(bitPattern: quarter), status), pair(provider, model), pair(route, powerLevel),
      pair(key, team), extras
    )
  }

  var spread: UInt64 {
    let (a, b, c, d, e) = parts
    return folded(folded(folded(a, b), folded(c, d)), UInt64(e))
  }

  package static func < (left: RollupKey, right: RollupKey) -> Bool { left.parts < right.parts }
}

extension SideRollupKey: SumKey {
  private var parts: (UInt64, UInt64) {
    (pair(UInt32(side.rawValue), UInt32(bitPattern: quarter)), pair(value, status))
  }

  var spread: UInt64 {
    let (a, b) = parts
    return folded(a, b)
  }

  package static func < (left: SideRollupKey, right: SideRollupKey) -> Bool {
    left.parts < right.parts
  }
}

private func pair(_ high: UInt32, _ low: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }

/// Both halves of the long product: every bit of either word moves every bit (wyhash's mixing).
private func folded(_ first: UInt64, _ second: UInt64) -> UInt64 {
  let product = (first ^ 0x9E37_79B9_7F4A_7C15)
    .multipliedFullWidth(by: second ^ 0xBF58_476D_1CE4_E5B9)
  return product.high ^ product.low
}
