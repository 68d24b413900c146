import Support

/// Parameters that questions about usage have.
extension QueryParameters {
  /// A moment: RFC 3339, seconds since 1970, a date for its midnight in `zone`, `now`, `now-7d` or
  /// `7d` for how long ago; `/d`, `/w` or `/mo` behind it rounds down to the begin of its day.
  func moment(
    _ name: String, now: Timestamp, zone: ZoneInfo
  ) throws(QueryProblem) -> Timestamp? {
    guard let text = self[name] else { return nil }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let time = Self.moment(String(parts[0]), now: now, zone: zone) else {
      throw .badParameter(name, expected: Self.momentExpected, got: text)
    }
    guard parts.count == 2 else { return time }
    let units: [Substring: CalendarUnit] = ["h": .hour, "d": .day, "w": .week, "mo": .month]
    guard let unit = units[parts[1]] else {
      throw .badParameter(name, expected: Self.momentExpected, got: text)
    }
    return unit.window(around: time, in: zone).start
  }

  private static let momentExpected =
    "a time such as 2026-11-21T12:00:00Z, 2026-11-21, 1795262400, now, now-7d, 7d or now/d"

  private static func moment(_ text: String, now: Timestamp, zone: ZoneInfo) -> Timestamp? {
    if text == "now" { return now }
    if let time = Timestamp(text: text) {
      // A date alone.
      return text.contains("-") && text.utf8.count == 10 ? zone.midnight(of: time) : time
    }
    let past = text.hasPrefix("now-") ? String(text.dropFirst(4)) : text
    guard let span = Quantity.duration(past), span <= .days(36_600) else { return nil }
    return now - span
  }

  func zone(_ name: String) throws(QueryProblem) -> ZoneInfo? {
    guard let text = self[name] else { return nil }
    do throws(ZoneInfo.Problem) {
      return try ZoneInfo(text)
    } catch {
      let expected =
        error == .unknown
        ? "a time zone such as Europe/Berlin" : "UTC: the system has no time zones (tzdata)"
      throw .badParameter(name, expected: expected, got: text)
    }
  }

  func step(_ name: String) throws(QueryProblem) -> UsageStep? {
    guard let text = self[name] else { return nil }
    guard let step = UsageStep(text) else {
      throw .badParameter(name, expected: UsageStep.expected, got: text)
    }
    return step
  }
}
