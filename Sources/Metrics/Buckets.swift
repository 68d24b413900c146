/// The upper bounds of a histogram, in whole microseconds.
package struct Buckets: Sendable, Equatable {
  /// Rising; `+Inf` is not among them.
  package let bounds: [Int64]
  /// The `le` label of each bucket, `+Inf` the last. Always with a point (`1.0`, not `1`): that is
  /// OpenMetrics' canonical form and what Prometheus 3 makes of it, so the series stays the same
  /// whichever format is scraped.
  package let labels: [String]

  /// Bounds in microseconds, rising.
  init(_ bounds: [Int64]) {
    self.bounds = bounds
    labels = bounds.map(Self.label) + ["+Inf"]
  }

  /// Buckets, the one up to `+Inf` included.
  package var count: Int { bounds.count + 1 }

  /// The bucket that a value in microseconds falls into; bounds are inclusive.
  package func index(of value: Int64) -> Int {
    var low = 0
    var high = bounds.count
    while low < high {
      let middle = (low + high) / 2
      if value <= bounds[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Durations: 0.01·2ⁿ s for n = 0…16, the boundaries of OpenTelemetry's GenAI conventions for
  /// `gen_ai.client.operation.duration`, carried on to 655.36 s.
  package static let duration = Buckets((0...16).map { 10_000 << $0 })

  /// Time to the first token, and the proxy's own share, which is of the same size.
  package static let firstToken = Buckets([
    1000, 5000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 250_000, 500_000, 750_000,
    1_000_000, 2_500_000, 5_000_000, 7_500_000, 10_000_000, 15_000_000, 20_000_000, 30_000_000,
    45_000_000, 60_000_000,
  ])

  /// Time per output token.
  package static let perToken = Buckets([
    10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000, 750_000,
    1_000_000, 2_500_000,
  ])

  /// Commits of the ledger: a few milliseconds on a good disk, seconds on a sick one.
  package static let commit = Buckets([
    1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
  ])

  private static func label(_ microseconds: Int64) -> String {
    var text = TextBuffer()
    text.append(microseconds, .micro)
    return microseconds % 1_000_000 == 0 ? text.string + ".0" : text.string
  }
}
