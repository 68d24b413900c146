package import Support

/// The tallied series as they stand after a commit.
package struct PublishedSeries: Sendable {
  /// One for each family, at the index of its raw value.
  private(set) var tables = Family.allCases.map(SeriesTable.init)
  /// How often it was emptied: row numbers are comparable within an epoch only.
  private(set) var epoch = 0

  init() {}

  /// Drops every series; row numbers start from 0 again.
  package mutating func reset() {
    tables = Family.allCases.map(SeriesTable.init)
    epoch += 1
  }

  /// Adds a series at 0 and returns its row, which counts from 0 within the family.
  ///
  /// `labels` are values in the descriptor's order, any valid UTF-8; the caller adds no
  /// combination twice. `created` is shown only where the registry was told to.
  package mutating func add(
    _ family: Family, labels: [String], created: Timestamp? = nil
  ) -> Int {
    tables[Int(family.rawValue)].add(labels: labels, created: created)
  }

  /// Sets a counter or gauge, in the family's unit.
  package mutating func set(_ family: Family, row: Int, _ value: Int64) {
    tables[Int(family.rawValue)].set(row: row, value)
  }

  /// Sets a histogram: `counts` holds one number per bucket, `+Inf` the last, not cumulative;
  /// `sum` is in microseconds.
  package mutating func setHistogram(
    _ family: Family, row: Int, counts: Span<Int64>, sum: Int64
  ) {
    tables[Int(family.rawValue)].set(row: row, counts: counts, sum: sum)
  }

  /// Replaces the exemplar of a bucket; OpenMetrics shows it.
  package mutating func setExemplar(
    _ family: Family, row: Int, bucket: Int, _ exemplar: Exemplar
  ) {
    tables[Int(family.rawValue)].set(row: row, bucket: bucket, exemplar)
  }

  /// Series of a family: combinations of label values.
  package func count(of family: Family) -> Int { tables[Int(family.rawValue)].count }
}
