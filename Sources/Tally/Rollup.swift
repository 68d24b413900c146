/// A row of the roll-ups: the attributes of a quarter of an hour's requests, by label id.
package struct RollupKey: Hashable, Sendable {
  /// Quarters of an hour since the epoch: the longest step that fits every time zone's days.
  package var quarter: Int32
  package var status: UInt32
  package var provider: UInt32
  package var model: UInt32
  package var route: UInt32
  package var powerLevel: UInt32
  package var key: UInt32
  package var team: UInt32
  /// The values of the configured extra labels, as one value.
  package var extras: UInt32

  /// A quarter's requests with these labels.
  package init(
    quarter: Int32, status: UInt32 = 0, provider: UInt32 = 0, model: UInt32 = 0,
    route: UInt32 = 0, powerLevel: UInt32 = 0, key: UInt32 = 0, team: UInt32 = 0,
    extras: UInt32 = 0
  ) {
    self.quarter = quarter
    self.status = status
    self.provider = provider
    self.model = model
    self.route = route
    self.powerLevel = powerLevel
    self.key = key
    self.team = team
    self.extras = extras
  }

  /// A quarter of an hour in microseconds.
  package static let quarterMicroseconds: Int64 = 900_000_000
}

/// A row of the roll-ups over labels with too many values to cross with the others.
package struct SideRollupKey: Hashable, Sendable {
  /// Which label the value belongs to.
  package enum Side: UInt8, CaseIterable, Sendable {
    case user
    case endUser
    case tag
  }

  package var side: Side
  package var quarter: Int32
  package var status: UInt32
  package var value: UInt32

  /// One row's attributes.
  package init(side: Side, quarter: Int32, status: UInt32, value: UInt32) {
    self.side = side
    self.quarter = quarter
    self.status = status
    self.value = value
  }
}

/// What is summed up in a roll-up row.
package struct RollupSums: Equatable, Sendable {
  /// What nearly every request adds to.
  package struct Usual: Equatable, Sendable {
    package var requests: Int64 = 0
    package var input: Int64 = 0
    package var output: Int64 = 0
    /// Nano-dollars.
    package var cost: Int64 = 0
    /// Microseconds that clients waited, over all `requests` of the row.
    package var waited: Int64 = 0
  }

  /// What many rows do without.
  package struct Rare: Equatable, Sendable {
    package var cacheRead: Int64 = 0
    package var cacheWrite: Int64 = 0
    package var reasoning: Int64 = 0
    /// Nano-dollars.
    package var saved: Int64 = 0
    package var cached: Int64 = 0
    package var unpriced: Int64 = 0
    package var retried: Int64 = 0
    package var fallbacks: Int64 = 0
  }

  package var usual = Usual()
  package var rare = Rare()

  /// Nothing.
  package init() {}
}

extension RollupSums.Usual {
  static func += (left: inout Self, right: Self) {
    left.requests.addClamped(right.requests)
    left.input.addClamped(right.input)
    left.output.addClamped(right.output)
    left.cost.addClamped(right.cost)
    left.waited.addClamped(right.waited)
  }
}

extension RollupSums.Rare {
  static func += (left: inout Self, right: Self) {
    left.cacheRead.addClamped(right.cacheRead)
    left.cacheWrite.addClamped(right.cacheWrite)
    left.reasoning.addClamped(right.reasoning)
    left.saved.addClamped(right.saved)
    left.cached.addClamped(right.cached)
    left.unpriced.addClamped(right.unpriced)
    left.retried.addClamped(right.retried)
    left.fallbacks.addClamped(right.fallbacks)
  }
}

/// What the batch adds to the roll-ups. Emptied with every commit, so its size is the batch's.
package struct RollupDelta: Sendable {
  private var rows = SumTable<RollupKey>()
  private var sides = SumTable<SideRollupKey>()

  /// Nothing.
  package init() {}

  /// How many rows there are in both.
  package var count: Int { rows.count + sides.count }

  /// What changed of the roll-ups, in the order of the ledger's primary key: numbers for `row`.
  package var rowOrder: [UInt32] { rows.order }
  /// Likewise, for `side`.
  package var sideOrder: [UInt32] { sides.order }

  /// Runs `body` on a row, which is too large to be handed out.
  package func withRow(_ number: UInt32, _ body: (RollupKey, RollupSums) -> Void) {
    rows.withRow(number, body)
  }

  /// Likewise.
  package func withSide(_ number: UInt32, _ body: (SideRollupKey, RollupSums) -> Void) {
    sides.withRow(number, body)
  }

  /// Adds to the row with this key.
  package mutating func add(_ sums: RollupSums, to key: RollupKey) { rows.add(sums, to: key) }

  package mutating func add(_ sums: RollupSums, to key: SideRollupKey) { sides.add(sums, to: key) }

  mutating func removeAll() {
    rows.removeAll()
    sides.removeAll()
  }
}
