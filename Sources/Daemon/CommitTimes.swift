import Metrics
import Support

/// How long batches took from the first byte read to the end of their commit.
final class CommitTimes: Sendable {
  private struct Sums: Sendable {
    var counts = [Int64](repeating: 0, count: Buckets.commit.count)
    var total: Int64 = 0
  }

  private let sums = Locked(Sums())

  func observe(_ time: TimeSpan) {
    let micro = max(0, time.microseconds)
    sums.withLock { sums in
      sums.counts[Buckets.commit.index(of: micro)] += 1
      sums.total += micro
    }
  }

  func collect(into samples: inout CollectedSamples) {
    let (counts, total) = sums.withLock { ($0.counts, $0.total) }
    samples.addHistogram(.ledgerCommitDuration, counts: counts.span, sum: total)
  }
}
