/// The rows of a table sorted by their text, kept up while the table grows.
struct SeriesOrder {
  private(set) var rows: [Int] = []

  /// Takes in the rows added since the last call: only they are sorted, then merged.
  mutating func update(for table: SeriesTable) {
    guard rows.count < table.count else { return }
    table.withTexts { texts in
      let newcomers = (rows.count..<texts.count).sorted(by: texts.precedes)
      rows = SeriesOrder.merged(rows, newcomers, by: texts.precedes)
    }
  }

  private static func merged(
    _ left: [Int], _ right: [Int], by precedes: (Int, Int) -> Bool
  ) -> [Int] {
    guard !left.isEmpty else { return right }
    var result: [Int] = []
    result.reserveCapacity(left.count + right.count)
    var next = 0
    for row in right {
      while next < left.count, !precedes(row, left[next]) {
        result.append(left[next])
        next += 1
      }
      result.append(row)
    }
    result.append(contentsOf: left[next...])
    return result
  }
}
