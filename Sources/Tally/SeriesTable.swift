/// The sums of one family: a row for each series, and which rows changed since they were written.
package struct SeriesTable: Sendable {
  package private(set) var index = SeriesIndex()
  /// One number a row, or `width` numbers a row of a histogram: a count for each bucket, then the
  /// sum of what was observed.
  package private(set) var values: [Int64] = []
  /// What of `values` the ledger holds already.
  private var written: [Int64] = []
  package private(set) var changed: [UInt32] = []
  private var isChanged: [Bool] = []
  package let width: Int

  /// A table of `width` numbers a row.
  package init(width: Int) { self.width = width }

  package var rows: Int { index.keys.count }

  /// The row for `key`, marked as changed.
  package mutating func touch(_ key: SeriesKey) -> Int {
    let (row, isNew) = index.row(of: key)
    if isNew {
      for _ in 0..<width {
        values.append(0)
        written.append(0)
      }
      isChanged.append(false)
    }
    if !isChanged[row] {
      isChanged[row] = true
      changed.append(UInt32(row))
    }
    return row
  }

  package mutating func add(_ amount: Int64, to key: SeriesKey) {
    let row = touch(key)
    values[row].addClamped(amount)
  }

  /// Sets a gauge that only rises, such as a time last seen.
  package mutating func raise(_ key: SeriesKey, to value: Int64) {
    let row = touch(key)
    values[row] = max(values[row], value)
  }

  /// Counts `value` in a histogram's `bucket`.
  package mutating func observe(_ value: Int64, bucket: Int, for key: SeriesKey) -> Int {
    let row = touch(key)
    values[row * width + bucket] &+= 1
    values[row * width + width - 1].addClamped(value)
    return row
  }

  /// Sets a row to what the ledger holds; the row counts as changed until `markWritten`.
  package mutating func restore(_ key: SeriesKey, _ stored: some Collection<Int64>) {
    let row = touch(key)
    for (offset, value) in stored.prefix(width).enumerated() {
      values[row * width + offset] = value
      written[row * width + offset] = value
    }
  }

  /// The numbers of a row.
  package func numbers(of row: Int) -> ArraySlice<Int64> {
    values[row * width..<(row + 1) * width]
  }

  /// By how much the `offset`-th number of a row has risen since it was written.
  package func rise(of row: Int, at offset: Int = 0) -> Int64 {
    values[row * width + offset] &- written[row * width + offset]
  }

  /// The ledger holds what changed.
  package mutating func markWritten() {
    for row in changed.map(Int.init) {
      isChanged[row] = false
      for place in row * width..<(row + 1) * width { written[place] = values[place] }
    }
    changed.removeAll(keepingCapacity: true)
  }
}
