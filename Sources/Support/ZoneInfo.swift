import CTimeZone

/// A time zone of the system's database, or UTC, which needs none.
package struct ZoneInfo: Sendable, Hashable {
  /// Why a name stands for no zone.
  package enum Problem: Error, Equatable {
    /// The database does not have it.
    case unknown
    /// The system has no database (Debian: package tzdata).
    case noDatabase
  }

  /// The IANA name, such as `Europe/Berlin`.
  package let name: String
  private let zone: Zone?

  /// `@unchecked Sendable`: the library never changes or frees a zone once it was found, and reads
  /// its file under a lock of its own.
  private struct Zone: @unchecked Sendable, Hashable {
    let pointer: OpaquePointer
  }

  /// Universal time.
  package static let utc = ZoneInfo()

  private init() {
    name = "UTC"
    zone = nil
  }

  /// Finds a zone by its IANA name.
  package init(_ name: String) throws(Problem) {
    if name == "UTC" {
      self = .utc
      return
    }
    var pointer: OpaquePointer?
    switch tz_find(name, &pointer) {
    case Int32(TZ_FOUND): break
    case Int32(TZ_NO_DATABASE): throw .noDatabase
    default: throw .unknown
    }
    // Its file is read at the first question, and never again.
    var span = tz_span()
    guard let pointer, tz_span_at(pointer, 0, &span) != 0 else { throw .noDatabase }
    self.name = name
    zone = Zone(pointer: pointer)
  }

  /// How far its clocks are ahead of UTC at `time`.
  package func offset(at time: Timestamp) -> TimeSpan {
    .seconds(span(at: time.microseconds / 1_000_000).offset)
  }

  /// When the day begins whose midnight in UTC is `date`.
  package func midnight(of date: Timestamp) -> Timestamp {
    let instant = firstInstant(of: date.microseconds / 1_000_000)
    return Timestamp(microseconds: instant * 1_000_000)
  }

  /// A stretch of time over which clocks keep their distance from UTC; all in seconds.
  struct Span {
    var begin = Int64.min
    var end = Int64.max
    var offset: Int64 = 0
  }

  /// The stretch around `instant`, in seconds since 1970.
  func span(at instant: Int64) -> Span {
    var span = tz_span()
    guard let zone, tz_span_at(zone.pointer, instant, &span) != 0 else { return Span() }
    return Span(begin: span.begin, end: span.end, offset: span.offset)
  }

  /// When clocks first show `local` (seconds since 1970 as if it were UTC), or jump over it.
  func firstInstant(of local: Int64) -> Int64 {
    var instant = local
    guard let zone, tz_first_instant(zone.pointer, local, &instant) != 0 else { return local }
    return instant
  }
}
