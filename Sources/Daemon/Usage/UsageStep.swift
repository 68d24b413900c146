import Support
import Tally

/// What a period is divided into: calendar units, or equal parts of a day.
enum UsageStep: Equatable {
  /// From every local midnight on; the last of a day with 23 or 25 hours ends with it.
  case part(TimeSpan)
  case unit(CalendarUnit)

  /// Steps of one answer.
  static let most = 10_000
  static let expected = "15m or a multiple of it that divides a day, 1d, 1w or 1mo"

  init?(_ text: String) {
    if text == "1mo" {
      self = .unit(.month)
      return
    }
    guard let span = Quantity.duration(text) else { return nil }
    switch span {
    case .days(1): self = .unit(.day)
    case .days(7): self = .unit(.week)
    default:
      guard span.microseconds > 0, span.microseconds % RollupKey.quarterMicroseconds == 0,
        TimeSpan.days(1).microseconds % span.microseconds == 0
      else { return nil }
      self = .part(span)
    }
  }

  var text: String {
    switch self {
    case .part(let span): Quantity.text(span)
    case .unit(.month): "1mo"
    case .unit(.week): "1w"
    case .unit: "1d"
    }
  }

  /// Everything between two times, the first and last step cut where they end; nil if there are
  /// more than `most`.
  func windows(in period: CalendarWindow, zone: ZoneInfo) -> [CalendarWindow]? {
    var windows: [CalendarWindow] = []
    var start = period.start
    while start < period.end {
      guard windows.count < Self.most else { return nil }
      let end = min(end(of: start, zone: zone), period.end)
      windows.append(CalendarWindow(start: start, end: end))
      start = end
    }
    return windows
  }

  /// The end of the step around a time, a whole quarter of an hour even where a zone once was not.
  private func end(of time: Timestamp, zone: ZoneInfo) -> Timestamp {
    let end: Timestamp
    switch self {
    case .unit(let unit): end = unit.window(around: time, in: zone).end
    case .part(let span):
      let day = CalendarUnit.day.window(around: time, in: zone)
      let parts = (time - day.start).microseconds / span.microseconds + 1
      end = min(
        day.start + TimeSpan(microseconds: parts * span.microseconds), day.end)
    }
    return max(end.quarter, (time + .minutes(15)).quarter)
  }
}

extension Timestamp {
  /// The begin of the quarter of an hour that it is in.
  var quarter: Timestamp {
    let length = RollupKey.quarterMicroseconds
    let rest = microseconds % length
    return Timestamp(microseconds: microseconds - (rest < 0 ? rest + length : rest))
  }

  /// The first quarter of an hour that begins then or later.
  var nextQuarter: Timestamp { quarter == self ? self : quarter + .minutes(15) }
}
