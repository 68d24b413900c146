import Metrics
import Record
import Tally

/// One row each.
extension CostLedger {
  func write(_ value: LabelSpace.Value) throws(LedgerError) {
    sql.labelValue.bind(value.dimension.text)
    sql.labelValue.bind(value.id)
    sql.labelValue.bind(value.text)
    sql.labelValue.bind(Int64(value.lastUsed))
    try sql.labelValue.run()
  }

  func write(_ table: SeriesTable, of family: Family) throws(LedgerError) {
    let id = familyID(family)
    for row in table.changed.map(Int.init) {
      let key = table.index.keys[row]
      for place in 0..<table.width {
        let rise = table.rise(of: row, at: place)
        // A counter's row is made even at zero, so that it is there again after a restart.
        guard rise != 0 || table.width == 1 && table.values[row] == 0 else { continue }
        sql.series.bind(id)
        sql.series.bind(key.x)
        sql.series.bind(key.y)
        sql.series.bind(key.z)
        sql.series.bind(key.w)
        sql.series.bind(Int64(place))
        sql.series.bind(rise)
        try sql.series.run()
      }
    }
  }

  /// Adds to the roll-ups, in the order of their keys, so that each page is met once.
  func write(_ rollup: RollupDelta) throws(LedgerError) {
    let order = rollup.rowOrder
    try forgetBlocks(of: rollup, order[...])
    let bulk = order.count - order.count % LedgerSQL.rollupsAtOnce
    for (place, number) in order[..<bulk].enumerated() {
      bind(rollup, number, to: sql.rollups)
      if place % LedgerSQL.rollupsAtOnce == LedgerSQL.rollupsAtOnce - 1 { try sql.rollups.run() }
    }
    for number in order[bulk...] {
      bind(rollup, number, to: sql.rollup)
      try sql.rollup.run()
    }
    for number in rollup.sideOrder {
      rollup.withSide(number) { key, sums in
        sql.sideRollup.bind(Int64(key.side.rawValue))
        sql.sideRollup.bind(Int64(key.quarter))
        sql.sideRollup.bind(key.status)
        sql.sideRollup.bind(key.value)
        bind(sums, to: sql.sideRollup)
      }
      try sql.sideRollup.run()
    }
  }

  func bind(_ rollup: RollupDelta, _ number: UInt32, to row: Statement) {
    rollup.withRow(number) { key, sums in
      row.bind(Int64(key.quarter))
      row.bind(key.status)
      row.bind(key.provider)
      row.bind(key.model)
      row.bind(key.route)
      row.bind(key.powerLevel)
      row.bind(key.key)
      row.bind(key.team)
      row.bind(key.extras)
      bind(sums, to: row)
    }
  }

  private func bind(_ sums: RollupSums, to statement: Statement) {
    statement.bind(sums.usual.requests)
    statement.bind(sums.usual.input)
    statement.bind(sums.usual.output)
    statement.bind(sums.rare.cacheRead)
    statement.bind(sums.rare.cacheWrite)
    statement.bind(sums.rare.reasoning)
    statement.bind(sums.usual.cost)
    statement.bind(sums.rare.saved)
    statement.bind(sums.rare.cached)
    statement.bind(sums.rare.unpriced)
    statement.bind(sums.rare.retried)
    statement.bind(sums.rare.fallbacks)
    statement.bind(sums.usual.waited)
  }

  func write(_ detail: RequestDetail, of batch: RecordBatch) throws(LedgerError) {
    let record = detail.record
    let row = sql.request
    row.bind(record.end.microseconds)
    row.bind(Int64(bitPattern: record.identity.hash))
    row.bind(record.start.microseconds)
    row.bind(optional: record.attemptStart?.microseconds)
    row.bind(optional: record.firstToken?.microseconds)
    row.bind(Int64(record.outcome.rawValue))
    row.bind(Int64(record.form == .late ? 1 : 0))
    row.bind(Int64(record.isCacheHit ? 1 : 0))
    row.bind(detail.provider)
    row.bind(detail.model)
    row.bind(detail.route)
    row.bind(detail.servedRoute)
    row.bind(detail.deployment)
    row.bind(detail.powerLevel)
    row.bind(detail.key)
    row.bind(detail.team)
    row.bind(detail.extras)
    row.bind(Int64(record.attempts))
    row.bind(Int64(record.retries))
    row.bind(Int64(record.fallbacks))
    row.bind(detail.firstProvider)
    row.bind(detail.firstModel)
    row.bind(optional: detail.reason.map { Int64($0.rawValue) })
    row.bind(record.tokens.input)
    row.bind(record.tokens.output)
    row.bind(optional: detail.cost?.nanodollars)
    try batch.withText(record.id, record.trace) { (id, trace) throws(LedgerError) in
      row.bindText(id)
      row.bindText(trace)
      try row.run()
    }
  }
}

extension RecordBatch {
  fileprivate func withText(
    _ first: TextRange, _ second: TextRange,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    let result = memory.withUnsafeBytes { all -> Result<Void, LedgerError> in
      func text(_ range: TextRange) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
          rebasing: all[Int(range.start)..<Int(range.start + min(range.count, 128))])
      }
      do throws(LedgerError) { return .success(try body(text(first), text(second))) } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}
