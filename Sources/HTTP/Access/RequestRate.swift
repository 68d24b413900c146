import Support

/// A token bucket over all requests; pure, so that time is a parameter.
struct RequestRate {
  private let limit: WebAccess.RateLimit
  /// When the bucket will be full again.
  private var full = Timestamp(microseconds: .min / 2)

  init(_ limit: WebAccess.RateLimit) { self.limit = limit }

  /// Takes one; false if there is none left.
  mutating func take(at now: Timestamp) -> Bool {
    let next = max(full, now) + limit.interval
    let most = limit.interval.microseconds.multipliedReportingOverflow(by: limit.burst)
    guard most.overflow || next - now <= TimeSpan(microseconds: most.partialValue) else {
      return false
    }
    full = next
    return true
  }
}
