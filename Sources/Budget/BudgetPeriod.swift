package import Support

/// The time over which a budget holds.
package enum BudgetPeriod: Sendable, Hashable {
  /// One calendar minute, hour, day, week or month after the other.
  case calendar(CalendarUnit)
  /// The last so many hours, at any time.
  case rolling(TimeSpan)

  /// The shortest and longest rolling window.
  package static let rollingLengths = TimeSpan.hours(1) ... .days(30)

  /// `day`, or `rolling 24h`.
  package var text: String {
    switch self {
    case .calendar(let unit): unit.rawValue
    case .rolling(let length): "rolling \(Quantity.text(length))"
    }
  }

  /// How long past its end a period may still alert: for its last requests, and for a restart.
  var lateAfter: TimeSpan {
    switch self {
    case .calendar(.minute): .seconds(15)
    case .calendar(.hour): .minutes(2)
    case .calendar: .hours(1)
    case .rolling: .seconds(0)
    }
  }

  /// How long after its end its spend is kept: clocks may be set back a little.
  var keptAfter: TimeSpan {
    TimeSpan(
      microseconds: lateAfter.microseconds + min(length, .days(1)).microseconds)
  }

  /// How long after its end it is remembered what was told of a period: clocks may be set back.
  var rememberedFor: TimeSpan {
    switch self {
    case .calendar(.minute), .calendar(.hour): .days(2)
    case .calendar, .rolling: .days(62)
    }
  }

  /// About how long it is; months count 30 days.
  package var length: TimeSpan {
    switch self {
    case .calendar(.minute): .minutes(1)
    case .calendar(.hour): .hours(1)
    case .calendar(.day): .days(1)
    case .calendar(.week): .days(7)
    case .calendar(.month): .days(30)
    case .rolling(let length): length
    }
  }

  /// How far a rolling window slides at a time: a sixtieth, at least a minute, in whole minutes.
  var step: TimeSpan {
    .minutes(max(1, (length.microseconds + 3_599_999_999) / 3_600_000_000))
  }

  package var isRolling: Bool {
    if case .rolling = self { true } else { false }
  }
}

/// The periods of one kind in one zone, as time passes.
struct PeriodClock: Sendable {
  let period: BudgetPeriod
  let zone: ZoneInfo
  /// The period now; of a rolling window its latest step.
  private(set) var current: CalendarWindow
  /// The one before, while it may still alert.
  private(set) var previous: CalendarWindow?

  init(_ period: BudgetPeriod, in zone: ZoneInfo, at now: Timestamp) {
    self.period = period
    self.zone = zone
    current = CalendarWindow(start: now, end: now)
    advance(to: now)
  }

  mutating func advance(to now: Timestamp) {
    if !current.contains(now) { current = window(around: now) }
    previous =
      now < current.start + period.lateAfter
      ? window(around: current.start - TimeSpan(microseconds: 1)) : nil
  }

  /// The bucket for what ended at `time`; nil if that is too long ago to matter.
  func bucket(of time: Timestamp) -> CalendarWindow? {
    if current.contains(time) { return current }
    if time < current.start {
      guard period.isRolling else {
        return previous.flatMap { $0.contains(time) ? $0 : nil }
      }
      guard time >= windowStart else { return nil }
    }
    return window(around: time)
  }

  /// Where a rolling window begins: it ends with the current step.
  var windowStart: Timestamp { current.end - period.length }

  /// What a rolling window spans now.
  var rollingWindow: CalendarWindow { CalendarWindow(start: windowStart, end: current.end) }

  /// When something changes by itself.
  var nextChange: Timestamp {
    previous == nil ? current.end : min(current.end, current.start + period.lateAfter)
  }

  func window(around time: Timestamp) -> CalendarWindow {
    switch period {
    case .calendar(let unit): return unit.window(around: time, in: zone)
    case .rolling:
      let step = period.step.microseconds
      let (quotient, rest) = time.microseconds.quotientAndRemainder(dividingBy: step)
      let start = Timestamp(microseconds: (rest < 0 ? quotient - 1 : quotient) * step)
      return CalendarWindow(start: start, end: start + period.step)
    }
  }
}
