/// One minute, hour, day, week or month of a calendar: from `start` up to, not including, `end`.
package struct CalendarWindow: Sendable, Hashable {
  package var start: Timestamp
  package var end: Timestamp

  /// A stretch of time.
  package init(start: Timestamp, end: Timestamp) {
    self.start = start
    self.end = end
  }

  package func contains(_ time: Timestamp) -> Bool { start <= time && time < end }

  package var length: TimeSpan { end - start }
}

/// What calendars divide time into. Weeks begin on Monday (ISO 8601).
package enum CalendarUnit: String, Sendable, CaseIterable {
  case minute
  case hour
  case day
  case week
  case month

  /// The window that `time` lies in, as clocks in `zone` show it.
  ///
  /// A day begins when clocks first show its midnight or jump over it, so that it may have 23 or 25
  /// hours. Hours and minutes end early where clocks are turned within them.
  package func window(around time: Timestamp, in zone: ZoneInfo) -> CalendarWindow {
    // The database knows no years beyond these, and nobody spends in them.
    let instant = min(
      max(time.microseconds.floored(by: 1_000_000), -62_135_596_800), 253_402_300_799)
    switch self {
    case .minute: return Self.grid(60, around: instant, in: zone)
    case .hour: return Self.grid(3600, around: instant, in: zone)
    case .day, .week, .month: return days(around: instant, in: zone)
    }
  }

  private static func grid(_ step: Int64, around instant: Int64, in zone: ZoneInfo)
    -> CalendarWindow
  {
    let span = zone.span(at: instant)
    let start = (instant + span.offset).floored(by: step) * step - span.offset
    return CalendarWindow(
      start: Timestamp(seconds: max(start, span.begin)),
      end: Timestamp(seconds: min(start + step, span.end)))
  }

  private func days(around instant: Int64, in zone: ZoneInfo) -> CalendarWindow {
    let local = (instant + zone.span(at: instant).offset).floored(by: 86_400)
    var first = firstDay(around: local)
    var start = zone.firstInstant(of: first * 86_400)
    var end = zone.firstInstant(of: firstDay(after: first) * 86_400)
    // Clocks that are turned back over midnight show a day's end twice: the second time belongs to
    // the day that has begun.
    while instant >= end {
      first = firstDay(after: first)
      start = end
      end = zone.firstInstant(of: firstDay(after: first) * 86_400)
    }
    return CalendarWindow(start: Timestamp(seconds: start), end: Timestamp(seconds: end))
  }

  /// The first day of the window with `day`; both in days since 1970.
  private func firstDay(around day: Int64) -> Int64 {
    switch self {
    // 1970-01-01 was a Thursday.
    case .week: return (day + 3).floored(by: 7) * 7 - 3
    case .month:
      let (year, month) = CivilMonth.containing(day)
      return CivilMonth.firstDay(year: year, month: month)
    case .minute, .hour, .day: return day
    }
  }

  private func firstDay(after first: Int64) -> Int64 {
    switch self {
    case .week: first + 7
    // No month has more than 31 days, and the next one more than one.
    case .month: firstDay(around: first + 31)
    case .minute, .hour, .day: first + 1
    }
  }
}

/// Days and months of the Gregorian calendar, by the algorithms of
/// https://howardhinnant.github.io/date_algorithms.html: years begin in March.
private enum CivilMonth {
  static func containing(_ day: Int64) -> (year: Int64, month: Int64) {
    let shifted = day + 719_468
    let era = shifted.floored(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    return (year + era * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9)
  }

  static func firstDay(year: Int64, month: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.floored(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int64 {
  /// The quotient, rounded down also below zero.
  fileprivate func floored(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension Timestamp {
  fileprivate init(seconds: Int64) {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    self.init(microseconds: overflow ? (seconds < 0 ? .min : .max) : product)
  }
}
