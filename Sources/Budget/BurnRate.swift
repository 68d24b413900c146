import Glibc
package import Support

/// How fast a budget is being spent: exponentially weighted, so that what was spent a half-life ago
/// counts half. The order in which spend arrives does not matter.
package struct BurnRate: Sendable, Equatable {
  /// What was spent, each amount weighted by its age at `time`.
  package private(set) var sum: Double
  package private(set) var time: Timestamp

  /// A rate as it was kept, or none.
  package init(sum: Double = 0, time: Timestamp = Timestamp(microseconds: 0)) {
    self.sum = sum.isFinite && sum > 0 ? sum : 0
    self.time = time
  }

  /// An eighth of the period, in microseconds.
  package static func halfLife(_ period: TimeSpan) -> Double { Double(period.microseconds) / 8 }

  /// Adds an amount that was spent at `end`, in whatever order.
  package mutating func add(_ amount: Int64, at end: Timestamp, period: TimeSpan) {
    let age = Double(end.microseconds) - Double(time.microseconds)
    let halfLives = age / Self.halfLife(period)
    if age > 0 {
      sum = sum * exp2(-halfLives) + Double(amount)
      time = end
    } else {
      sum += Double(amount) * exp2(halfLives)
    }
  }

  /// Amount per microsecond at `now`: the weights of a steady rate sum up to a half-life / ln 2.
  package func perMicrosecond(at now: Timestamp, period: TimeSpan) -> Double {
    let halfLife = Self.halfLife(period)
    let age = max(0, Double(now.microseconds) - Double(time.microseconds))
    return sum * exp2(-age / halfLife) * M_LN2 / halfLife
  }

  /// What `spent` will have become at `end`.
  package func forecast(
    spent: Int64, at now: Timestamp, end: Timestamp, period: TimeSpan
  ) -> Int64 {
    let left = max(0, (end - now).microseconds)
    let more = perMicrosecond(at: now, period: period) * Double(left)
    let sum = Double(spent) + more
    return sum < 9e18 ? spent.addingReportingOverflow(Int64(more)).partialValue : .max
  }

  /// When `remaining` will be spent; nil if not before `end`.
  package func exhaustion(
    remaining: Int64, at now: Timestamp, end: Timestamp, period: TimeSpan
  ) -> Timestamp? {
    let rate = perMicrosecond(at: now, period: period)
    guard rate > 0 else { return nil }
    let time = Double(remaining) / rate
    return time < Double((end - now).microseconds)
      ? now + TimeSpan(microseconds: Int64(time)) : nil
  }
}
