/// The label values of one series, by their ids in the vocabularies and the order of the family's
/// labels; unused places are 0.
package typealias SeriesKey = SIMD4<UInt32>

/// Finds a row by its key: open addressing over flat arrays, because `Dictionary` costs several
/// times as much for keys of this size.
package struct SeriesIndex: Sendable {
  package private(set) var keys: [SeriesKey] = []
  private var slots: [UInt32]
  private static let free = UInt32.max

  /// An index of nothing.
  package init() { slots = Array(repeating: Self.free, count: 16) }

  /// The row of `key`, and whether it was made by this call.
  package mutating func row(of key: SeriesKey) -> (row: Int, isNew: Bool) {
    var slot = Self.hash(key) & (slots.count - 1)
    while slots[slot] != Self.free {
      let row = Int(slots[slot])
      if keys[row] == key { return (row, false) }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = UInt32(keys.count)
    keys.append(key)
    if keys.count * 4 > slots.count * 3 { grow() }
    return (keys.count - 1, true)
  }

  private mutating func grow() {
    slots = Array(repeating: Self.free, count: slots.count * 2)
    for (row, key) in keys.enumerated() {
      var slot = Self.hash(key) & (slots.count - 1)
      while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(row)
    }
  }

  private static func hash(_ key: SeriesKey) -> Int {
    var hash = (UInt64(key.x) << 32 | UInt64(key.y)) &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ hash >> 29 ^ (UInt64(key.z) << 32 | UInt64(key.w))) &* 0xBF58_476D_1CE4_E5B9
    return Int(truncatingIfNeeded: hash >> 20)
  }
}
