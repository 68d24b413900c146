extension Timestamp {
  /// Reads `2026-11-21T12:00:00Z`, `2026-11-21T13:00:00.25+01:00` (RFC 3339), a date alone for its
  /// midnight in UTC, or seconds since 1970; anything else is nil.
  package init?(text: String) {
    if let seconds = Self.epochSeconds(text) {
      self = seconds
      return
    }
    var rest = text[...].utf8
    guard let date = Self.date(&rest) else { return nil }
    guard !rest.isEmpty else {
      self = date
      return
    }
    guard let first = rest.popFirst(), first | 0x20 == UInt8(ascii: "t"),
      let time = Self.timeOfDay(&rest), let offset = Self.offset(rest)
    else { return nil }
    self = date + time - offset
  }

  private static func epochSeconds(_ text: String) -> Timestamp? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? parts[1] : "0"
    guard let whole = Int64(parts[0]), parts[0].utf8.allSatisfy(isDigit), whole < 1 << 42,
      let micro = micro(fraction)
    else { return nil }
    return Timestamp(microseconds: whole * 1_000_000 + micro)
  }

  private static func date(_ rest: inout Substring.UTF8View) -> Timestamp? {
    guard let year = number(4, &rest), skip("-", &rest), let month = number(2, &rest),
      skip("-", &rest), let day = number(2, &rest), (1...12).contains(month), day >= 1,
      day <= daysOf(month, year)
    else { return nil }
    // Howard Hinnant's days_from_civil.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Timestamp(microseconds: (era * 146_097 + dayOfEra - 719_468) * 86_400_000_000)
  }

  private static func timeOfDay(_ rest: inout Substring.UTF8View) -> TimeSpan? {
    guard let hour = number(2, &rest), skip(":", &rest), let minute = number(2, &rest),
      skip(":", &rest), let second = number(2, &rest), hour < 24, minute < 60, second < 61
    else { return nil }
    var micro: Int64 = 0
    if skip(".", &rest) {
      let digits = rest.prefix(while: isDigit)
      guard let value = self.micro(Substring(digits)) else { return nil }
      micro = value
      rest = rest.dropFirst(digits.count)
    }
    return TimeSpan(microseconds: ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro)
  }

  private static func offset(_ text: Substring.UTF8View) -> TimeSpan? {
    var rest = text
    guard let sign = rest.popFirst() else { return nil }
    if sign | 0x20 == UInt8(ascii: "z") { return rest.isEmpty ? .seconds(0) : nil }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = number(2, &rest),
      skip(":", &rest), let minutes = number(2, &rest), rest.isEmpty, hours < 24, minutes < 60
    else { return nil }
    return .minutes((sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes))
  }

  private static func daysOf(_ month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// Digits behind a point as microseconds; further ones are cut.
  private static func micro(_ digits: Substring) -> Int64? {
    guard !digits.isEmpty, digits.utf8.allSatisfy(isDigit) else { return nil }
    return Int64((digits + "000000").prefix(6))
  }

  private static func number(_ count: Int, _ rest: inout Substring.UTF8View) -> Int64? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(count)
    return Int64(String(Substring(digits)))
  }

  private static func skip(_ text: Unicode.Scalar, _ rest: inout Substring.UTF8View) -> Bool {
    guard rest.first == UInt8(ascii: text) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
