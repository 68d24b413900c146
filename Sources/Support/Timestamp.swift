import Glibc

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
///
/// Microseconds are what the proxy writes; an integer keeps sums and comparisons exact.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
  /// Microseconds since the epoch.
  package var microseconds: Int64

  /// Wraps a count of microseconds since the epoch.
  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// Seconds since the epoch, for exposition; exact to a microsecond until the year 2255.
  package var seconds: Double { Double(microseconds) / 1e6 }

  /// Whole days since the epoch, in UTC.
  package var day: Int32 { Int32(clamping: microseconds / 86_400_000_000) }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// The time that passed from `right` to `left`, negative if `right` is later.
  package static func - (left: Timestamp, right: Timestamp) -> TimeSpan {
    TimeSpan(microseconds: left.microseconds &- right.microseconds)
  }

  package static func + (left: Timestamp, right: TimeSpan) -> Timestamp {
    Timestamp(microseconds: left.microseconds &+ right.microseconds)
  }

  package static func - (left: Timestamp, right: TimeSpan) -> Timestamp {
    Timestamp(microseconds: left.microseconds &- right.microseconds)
  }
}

/// A length of time in microseconds.
package struct TimeSpan: Hashable, Comparable, Sendable, Codable {
  /// The length; negative for a step back.
  package var microseconds: Int64

  /// Wraps a count of microseconds.
  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// A whole number of seconds.
  package static func seconds(_ count: Int64) -> TimeSpan {
    TimeSpan(microseconds: count * 1_000_000)
  }

  /// A whole number of milliseconds.
  package static func milliseconds(_ count: Int64) -> TimeSpan {
    TimeSpan(microseconds: count * 1000)
  }

  /// A whole number of minutes.
  package static func minutes(_ count: Int64) -> TimeSpan { seconds(count * 60) }

  /// A whole number of hours.
  package static func hours(_ count: Int64) -> TimeSpan { seconds(count * 3600) }

  /// A whole number of days of 24 hours.
  package static func days(_ count: Int64) -> TimeSpan { seconds(count * 86_400) }

  /// The length in seconds.
  package var seconds: Double { Double(microseconds) / 1e6 }

  package static func < (left: TimeSpan, right: TimeSpan) -> Bool {
    left.microseconds < right.microseconds
  }
}

/// Where the time of day comes from; tests hand in one that they move by hand.
package struct WallClock: Sendable {
  private let read: @Sendable () -> Timestamp

  /// A clock that answers what `read` returns.
  package init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }

  /// The time now.
  package func now() -> Timestamp { read() }

  /// The machine's clock.
  package static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}
