/// A point in time as a clock on a wall shows it.
package struct CivilTime: Sendable, Equatable {
  package var year: Int64
  /// From 1.
  package var month: Int64
  /// From 1.
  package var day: Int64
  package var hour: Int64
  package var minute: Int64
  package var second: Int64
  /// From 0 to 999 999.
  package var microsecond: Int64
  /// How far the clock is ahead of UTC.
  package var offset: TimeSpan

  /// What a clock `offset` ahead of UTC shows at `time`.
  package init(_ time: Timestamp, offset: TimeSpan = .seconds(0)) {
    let local = (time + offset).microseconds
    let days = local.quotientDown(86_400_000_000)
    let rest = local - days * 86_400_000_000
    // Howard Hinnant's civil_from_days: eras of 400 years that begin on the 1st of March.
    let shifted = days + 719_468
    let era = shifted.quotientDown(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = rest / 3_600_000_000
    minute = rest / 60_000_000 % 60
    second = rest / 1_000_000 % 60
    microsecond = rest % 1_000_000
    self.offset = offset
  }

  /// As in RFC 3339, with a fraction of a second where there is one:
  /// `2026-11-21T12:00:00Z`, `2026-11-21T13:00:00.25+01:00`.
  package var rfc3339: String {
    "\(date)T\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))\(fraction)\(zone)"
  }

  /// `2026-11-21 13:00`.
  package var minuteText: String { "\(date) \(Self.two(hour)):\(Self.two(minute))" }

  /// `2026-11-21`.
  package var dateText: String { date }

  private var date: String {
    let text = String(year)
    let padding = String(repeating: "0", count: max(0, 4 - text.count))
    return "\(padding)\(text)-\(Self.two(month))-\(Self.two(day))"
  }

  private var fraction: String {
    guard microsecond > 0 else { return "" }
    // Behind the zero.
    return String(JSONValue.decimal(microsecond, decimals: 6).dropFirst())
  }

  private var zone: String {
    let minutes = offset.microseconds / 60_000_000
    if minutes == 0 { return "Z" }
    let (hours, rest) = (abs(minutes) / 60, abs(minutes) % 60)
    return "\(minutes < 0 ? "-" : "+")\(Self.two(hours)):\(Self.two(rest))"
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Int64 {
  /// The quotient rounded towards negative infinity.
  fileprivate func quotientDown(_ divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
