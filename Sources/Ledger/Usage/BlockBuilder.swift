package import Support
import Tally

/// Makes blocks of the roll-ups, some hours at a time, the latest days first.
///
/// Afterwards, so that counting costs nothing: what is counted for an hour that is in a block makes
/// the day's blocks void, in the same transaction, until they are made anew.
package struct BlockBuilder {
  /// Rows read at a time: some ten milliseconds of work.
  private static let slice = 20_000
  /// Quarters that just ended may still be added to.
  private static let youngest = TimeSpan.hours(1)

  /// Days that are not in blocks as far as they could be, the next one last.
  private var days: [Int64] = []

  /// Nothing to do yet.
  package init() {}

  /// Looks for days to work on.
  package mutating func plan(_ ledger: CostLedger, now: Timestamp) throws(LedgerError) {
    let end = Self.end(now)
    let through = try ledger.blockedDays()
    let first = ledger.firstBlockDay(now: now)
    days = []
    var day = try ledger.nextDay(from: first)
    while let found = day, found * 96 < end {
      if through[found] ?? found * 96 < min(end, found * 96 + 96) { days.append(found) }
      day = try ledger.nextDay(from: found + 1)
    }
  }

  /// Makes some blocks. False if there are none to make.
  package mutating func step(_ ledger: CostLedger, now: Timestamp) throws(LedgerError) -> Bool {
    guard let day = days.last else { return false }
    let end = min(Self.end(now), day * 96 + 96)
    if try ledger.addBlocks(day: day, until: end, rows: Self.slice) >= end { days.removeLast() }
    return true
  }

  /// The end of the last whole hour that is old enough, in quarters.
  private static func end(_ now: Timestamp) -> Int64 {
    let quarter = (now - youngest).microseconds / RollupKey.quarterMicroseconds
    return RollupBlock.Span.hour.start(max(0, quarter))
  }
}

extension CostLedger {
  /// Has the blocks of days forgotten that the roll-ups, in this order, are about to add to.
  func forgetBlocks(
    of rollup: RollupDelta, _ order: ArraySlice<UInt32>
  ) throws(LedgerError) {
    guard let first = order.first, let last = order.last else { return }
    let quarter = rollup.quarter(of: first)
    sql.forgetBlocks.bind(quarter / 96)
    sql.forgetBlocks.bind(quarter)
    try sql.forgetBlocks.run()
    // Most batches are of one day.
    guard rollup.quarter(of: last) / 96 > quarter / 96 else { return }
    try forgetBlocks(of: rollup, order.drop { rollup.quarter(of: $0) / 96 == quarter / 96 })
  }

  /// Drops blocks of days that are no longer kept as a whole.
  func dropOldBlocks(now: Timestamp) throws(LedgerError) {
    let first = firstBlockDay(now: now)
    guard let oldest = try database.integer("SELECT min(day) FROM rollup_day"), oldest < first
    else { return }
    try database.execute("BEGIN IMMEDIATE")
    do throws(LedgerError) {
      try database.execute("DELETE FROM rollup_day WHERE day < \(first)")
      try deleteBlocks(quarters: 0..<first * 96)
      try commit()
    } catch {
      rollback()
      throw error
    }
  }

  /// The first day of which nothing is dropped.
  fileprivate func firstBlockDay(now: Timestamp) -> Int64 {
    max(0, (now - options.retention).microseconds / 86_400_000_000 + 1)
  }

  /// How far days are in blocks.
  fileprivate func blockedDays() throws(LedgerError) -> [Int64: Int64] {
    try database.blockedDays(0...Int64.max / 96)
  }

  /// The first day from `day` on that has roll-ups.
  fileprivate func nextDay(from day: Int64) throws(LedgerError) -> Int64? {
    try database.integer(
      "SELECT quarter / 96 FROM rollup WHERE quarter >= \(day * 96) ORDER BY quarter LIMIT 1")
  }

  /// Adds hours of a day to its blocks, as many as have about so many rows. How far it came.
  fileprivate func addBlocks(
    day: Int64, until end: Int64, rows: Int
  ) throws(LedgerError) -> Int64 {
    try database.execute("BEGIN IMMEDIATE")
    do throws(LedgerError) {
      let known = try database.blockedDays(day...day)[day]
      if known == nil { try deleteBlocks(quarters: day * 96..<day * 96 + 96) }
      let from = known ?? day * 96
      let far = try database.integer(
        """
        SELECT quarter FROM rollup WHERE quarter >= \(from) ORDER BY quarter LIMIT 1 OFFSET \(rows)
        """)
      let hours = RollupBlock.Span.hour
      let next = max(from + hours.rawValue, min(end, far.map(hours.start) ?? end))
      try addBlocks(from..<next)
      try database.execute(
        "INSERT OR REPLACE INTO rollup_day(day, through) VALUES(\(day), \(next))")
      try commit()
      return next
    } catch {
      rollback()
      throw error
    }
  }

  private func deleteBlocks(quarters: Range<Int64>) throws(LedgerError) {
    for form in RollupBlock.Form.allCases {
      for span in form.spans {
        try database.execute(
          """
          DELETE FROM rollup_block WHERE form = \(form.rawValue) AND span = \(span.rawValue)
          AND quarter >= \(quarters.lowerBound) AND quarter < \(quarters.upperBound)
          """)
      }
    }
  }

  private func addBlocks(_ quarters: Range<Int64>) throws(LedgerError) {
    var blocks = BlockSums()
    let rows = try database.rollupRows(quarters)
    while try rows.step() {
      blocks.add(RollupSums(rows, from: 9), to: RollupKey(row: rows))
    }
    for side in SideRollupKey.Side.allCases {
      let rows = try database.sideRows(side, quarters)
      while try rows.step() {
        let key = RollupKey(
          quarter: Int32(clamping: rows.integer(0)), status: rows.id(1), key: rows.id(2))
        blocks.add(RollupSums(rows, from: 3), to: key, of: side)
      }
    }
    blocks.finish()
    for (kind, rows) in zip(BlockSums.kinds, blocks.tables) { try write(rows, kind) }
  }

  private func write(_ rows: RollupDelta, _ kind: BlockSums.Kind) throws(LedgerError) {
    let order = rows.rowOrder
    guard !order.isEmpty else { return }
    let many = LedgerSQL.rollupsAtOnce
    let bulk = order.count - order.count % many
    for (places, count) in [(0..<bulk, many), (bulk..<order.count, 1)] where !places.isEmpty {
      let insert = try database.prepare(LedgerSQL.blocks(count))
      for place in places {
        insert.bind(kind.form.rawValue)
        insert.bind(kind.span.rawValue)
        bind(rows, order[place], to: insert)
        if (place - places.lowerBound) % count == count - 1 { try insert.run() }
      }
    }
  }
}

/// What some hours add to the blocks.
private struct BlockSums {
  typealias Kind = (form: RollupBlock.Form, span: RollupBlock.Span)

  static let kinds: [Kind] = RollupBlock.Form.allCases.flatMap { form in
    form.spans.map { (form, $0) }
  }

  /// One for each of `kinds`.
  private(set) var tables = kinds.map { _ in RollupDelta() }

  mutating func add(_ sums: RollupSums, to key: RollupKey) {
    for (place, kind) in Self.kinds.enumerated() where kind.form.isOfRollups {
      // Days are summed up from their hours.
      if kind.span == .hour || kind.form.spans.count == 1 { add(sums, to: key, place) }
    }
  }

  mutating func add(_ sums: RollupSums, to key: RollupKey, of side: SideRollupKey.Side) {
    let form = RollupBlock.Form(side)
    if let place = Self.kinds.firstIndex(where: { $0.form == form }) { add(sums, to: key, place) }
  }

  mutating func finish() {
    for (place, kind) in Self.kinds.enumerated() where kind.span == .hour {
      let hours = tables[place]
      guard let day = Self.kinds.firstIndex(where: { $0 == (kind.form, .day) }) else { continue }
      for number in hours.rowOrder {
        hours.withRow(number) { key, sums in add(sums, to: key, day) }
      }
    }
  }

  private mutating func add(_ sums: RollupSums, to key: RollupKey, _ place: Int) {
    let kind = Self.kinds[place]
    var key = kind.form.key(of: key)
    key.quarter = Int32(clamping: kind.span.start(Int64(key.quarter)))
    tables[place].add(sums, to: key)
  }
}

extension Database {
  /// Up to which quarters days are in blocks.
  func blockedDays(_ days: ClosedRange<Int64>) throws(LedgerError) -> [Int64: Int64] {
    let rows = try prepare("SELECT day, through FROM rollup_day WHERE day >= ? AND day <= ?")
    rows.bind(days.lowerBound)
    rows.bind(days.upperBound)
    var through: [Int64: Int64] = [:]
    while try rows.step() { through[rows.integer(0)] = rows.integer(1) }
    return through
  }

  fileprivate func rollupRows(_ quarters: Range<Int64>) throws(LedgerError) -> Statement {
    let columns = (LedgerSQL.rollupKeys + Migrations.sums).joined(separator: ", ")
    let rows = try prepare("SELECT \(columns) FROM rollup WHERE quarter >= ? AND quarter < ?")
    rows.bind(quarters.lowerBound)
    rows.bind(quarters.upperBound)
    return rows
  }

  fileprivate func sideRows(
    _ side: SideRollupKey.Side, _ quarters: Range<Int64>
  ) throws(LedgerError) -> Statement {
    let rows = try prepare(
      """
      SELECT quarter, status, value, \(Migrations.sums.joined(separator: ", ")) FROM rollup_side
      WHERE side = \(side.rawValue) AND quarter >= ? AND quarter < ?
      """)
    rows.bind(quarters.lowerBound)
    rows.bind(quarters.upperBound)
    return rows
  }
}

extension RollupDelta {
  fileprivate func quarter(of number: UInt32) -> Int64 {
    var quarter: Int64 = 0
    withRow(number) { key, _ in quarter = Int64(key.quarter) }
    return quarter
  }
}

extension Statement {
  fileprivate func id(_ column: Int32) -> UInt32 { UInt32(truncatingIfNeeded: integer(column)) }
}

extension RollupKey {
  /// A row's first columns, in the order of the ledger's key.
  fileprivate init(row: Statement) {
    self.init(
      quarter: Int32(clamping: row.integer(0)), status: row.id(1), provider: row.id(2),
      model: row.id(3), route: row.id(4), powerLevel: row.id(5), key: row.id(6), team: row.id(7),
      extras: row.id(8))
  }
}

extension RollupSums {
  /// A row's sums, in the order of `Migrations.sums`.
  fileprivate init(_ row: Statement, from place: Int32) {
    self.init()
    usual.requests = row.integer(place)
    usual.input = row.integer(place + 1)
    usual.output = row.integer(place + 2)
    rare.cacheRead = row.integer(place + 3)
    rare.cacheWrite = row.integer(place + 4)
    rare.reasoning = row.integer(place + 5)
    usual.cost = row.integer(place + 6)
    rare.saved = row.integer(place + 7)
    rare.cached = row.integer(place + 8)
    rare.unpriced = row.integer(place + 9)
    rare.retried = row.integer(place + 10)
    rare.fallbacks = row.integer(place + 11)
    usual.waited = row.integer(place + 12)
  }
}
