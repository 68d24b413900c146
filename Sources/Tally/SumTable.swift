/// A key of sums, in the order of the ledger's primary key.
protocol SumKey: Comparable, Sendable {
  /// Well spread bits.
  var spread: UInt64 { get }
}

/// Sums by key: open addressing over flat arrays, because `Dictionary` costs several times as much
/// for keys of this size.
struct SumTable<Key: SumKey>: Sendable {
  /// A key with its sums, side by side: both are in memory that is far when there are many.
  private struct Row {
    var key: Key
    var sums: RollupSums.Usual
  }

  private var rows: [Row] = []
  /// Of the first rows, up to the last one that has any: most of what is far need not be fetched.
  private var rare: [RollupSums.Rare] = []
  /// Numbers of rows, above some of the key's bits, which tell most other keys without a look at them.
  private var slots: [UInt64]
  private static var free: UInt64 { .max }
  private static var numberBits: UInt64 { 0xFFFF_FFFF }

  init() { slots = Array(repeating: Self.free, count: 64) }

  var count: Int { rows.count }

  /// The rows in the order of their keys.
  var order: [UInt32] {
    var order = (0..<UInt32(rows.count)).map { $0 }
    rows.withUnsafeBufferPointer { rows in
      order.sort { rows[Int($0)].key < rows[Int($1)].key }
    }
    return order
  }

  func withRow(_ number: UInt32, _ body: (Key, RollupSums) -> Void) {
    let place = Int(number)
    var sums = RollupSums()
    sums.usual = rows[place].sums
    if place < rare.count { sums.rare = rare[place] }
    body(rows[place].key, sums)
  }

  mutating func add(_ amount: RollupSums, to key: Key) {
    let row = row(of: key)
    rows[row].sums += amount.usual
    if amount.rare == RollupSums.Rare() { return }
    if row >= rare.count {
      rare.append(contentsOf: repeatElement(.init(), count: row + 1 - rare.count))
    }
    rare[row] += amount.rare
  }

  private mutating func row(of key: Key) -> Int {
    let spread = key.spread
    let tag = spread & ~Self.numberBits
    var slot = Int(truncatingIfNeeded: spread) & (slots.count - 1)
    while slots[slot] != Self.free {
      let row = Int(slots[slot] & Self.numberBits)
      if slots[slot] & ~Self.numberBits == tag, rows[row].key == key { return row }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = tag | UInt64(rows.count)
    rows.append(Row(key: key, sums: .init()))
    if rows.count * 4 > slots.count * 3 { grow() }
    return rows.count - 1
  }

  mutating func removeAll() {
    guard !rows.isEmpty else { return }
    rows.removeAll(keepingCapacity: true)
    rare.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = Self.free }
  }

  private mutating func grow() {
    slots = Array(repeating: Self.free, count: slots.count * 2)
    for (number, row) in rows.enumerated() {
      let spread = row.key.spread
      var slot = Int(truncatingIfNeeded: spread) & (slots.count - 1)
      while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = spread & ~Self.numberBits | UInt64(number)
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
