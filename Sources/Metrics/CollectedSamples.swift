package import Support

/// Where collectors put what they compute for one exposition.
package struct CollectedSamples {
  /// When the exposition was asked for.
  package let now: Timestamp
  /// Numbers are kept as bit patterns, so that tables of integers serve for them too.
  private(set) var samples = PublishedSeries()
  private let published: [SeriesTable]

  init(now: Timestamp, published: [SeriesTable]) {
    self.now = now
    self.published = published
  }

  /// A counter or gauge, `labels` in the descriptor's order.
  package mutating func add(_ family: Family, labels: [String] = [], _ value: Double) {
    assert(family.descriptor.origin == .collected, "\(family) is tallied")
    let row = samples.add(family, labels: labels)
    samples.set(family, row: row, Int64(bitPattern: value.bitPattern))
  }

  /// A histogram: one count per bucket, `+Inf` the last, not cumulative; the sum in microseconds.
  package mutating func addHistogram(
    _ family: Family, labels: [String] = [], counts: Span<Int64>, sum: Int64
  ) {
    assert(family.descriptor.origin == .collected, "\(family) is tallied")
    let row = samples.add(family, labels: labels)
    samples.setHistogram(family, row: row, counts: counts, sum: sum)
  }

  /// `sidelight_series`: how many time series each tallied family has.
  package mutating func addSeriesCounts() {
    for table in published where table.count > 0 {
      let descriptor = table.family.descriptor
      add(
        .series, labels: [descriptor.name], Double(table.count * descriptor.timeSeriesPerRow))
    }
  }
}
