package import Record
package import Support

/// What the attempts up to a moment say.
package struct Evidence: Sendable, Equatable {
  /// Attempts of one kind without one of the other kind among them.
  package struct Run: Sendable, Equatable {
    package var count: UInt32 = 0
    /// The second it began in, and that of its last attempt.
    package var first: Int64 = 0
    package var last: Int64 = 0

    /// No attempt.
    package init() {}

    package var length: TimeSpan { .seconds(last - first) }

    /// Takes in attempts of an earlier second.
    fileprivate mutating func extend(to second: Int64, by more: UInt32) {
      if count == 0 { last = second }
      first = second
      count &+= more
    }
  }

  /// What ratios are taken of: the window's attempts, or the last few before if those are too few.
  package var counts = AttemptCounts()
  /// Attempts in the window itself.
  package var inWindow: UInt32 = 0
  /// Provider faults since the last second in which it answered, from that second on: from the
  /// first fault if it did not answer in all the time looked at.
  package var failing = Run()
  /// Successes after the last second with a provider fault, from the first of them on.
  package var succeeding = Run()
  /// When the latest attempt ended, to the second.
  package var latest: Timestamp?

  /// No attempts.
  package init() {}

  /// Share of provider faults, a rate limit counting as `weight` of an attempt that failed; nil
  /// without attempts.
  package func errorRatio(rateLimitedWeight weight: Double) -> Double? {
    let faults = Double(counts.failures) + weight * Double(counts.rateLimited)
    let all = faults + Double(counts.answered)
    return all > 0 ? faults / all : nil
  }

  /// Share of attempts that were rate-limited; nil without attempts.
  package var rateLimitedRatio: Double? {
    counts.total > 0 ? Double(counts.rateLimited) / Double(counts.total) : nil
  }
}

extension EvidenceWindow {
  /// The evidence at `now`; seconds before `first` count for nothing but `inWindow`.
  package func evidence(at now: Timestamp, bounds: HealthBounds, from first: Int64) -> Evidence {
    var evidence = Evidence()
    guard let latest else { return evidence }
    let windowStart = now.second - bounds.window.wholeSeconds
    let oldest = max(now.second - min(length, bounds.lookback.wholeSeconds), latest - length) + 1
    evidence.latest = Timestamp(microseconds: min(latest, now.second) * 1_000_000)
    var second = min(latest, now.second)
    var sawAnswer = false
    var sawFault = false
    while second >= oldest {
      defer { second -= 1 }
      let isInWindow = second > windowStart
      let isFull = !isInWindow && evidence.counts.total >= UInt32(bounds.minAttempts)
      if isFull, sawAnswer, sawFault { break }
      guard let counts = counts(of: second), counts.total > 0 else { continue }
      if isInWindow { evidence.inWindow &+= counts.total }
      guard second >= first else { continue }
      if !isFull { evidence.counts += counts }
      if !sawAnswer {
        sawAnswer = counts.answered > 0
        // Nobody knows which came first in the second of the answer: one fault is believed to be
        // later, which is all there is at a trickle.
        let faults = sawAnswer ? min(counts.faults, 1) : counts.faults
        if faults > 0 { evidence.failing.extend(to: second, by: faults) }
        if sawAnswer, evidence.failing.count > 0 { evidence.failing.first = second }
      }
      sawFault = sawFault || counts.faults > 0
      if !sawFault, counts.successes > 0 {
        evidence.succeeding.extend(to: second, by: counts.successes)
      }
    }
    return evidence
  }
}
