import Support

/// Notices that the proxy's clock is not this machine's, by when it says that its events ended.
struct ClockWatch {
  /// An event cannot end after it was written; so much may be the measurement's own.
  static let mostAhead = TimeSpan.seconds(5)
  /// Loggers that write in batches do so within seconds.
  static let mostBehind = TimeSpan.minutes(2)
  /// Reads of fresh lines in a row that must all be behind: a line or two may have been late.
  static let patience = 10

  private var behind = 0
  private var hasTold = false

  /// A warning, once, given the latest end of an event among those just read; `isFresh`: they were
  /// written just now, so that what is late is late by their clock.
  mutating func note(_ end: Timestamp, isFresh: Bool, now: Timestamp) -> String? {
    guard !hasTold else { return nil }
    if end - now <= Self.mostAhead {
      guard isFresh else { return nil }
      behind = now - end > Self.mostBehind ? behind + 1 : 0
      guard behind >= Self.patience else { return nil }
    }
    hasTold = true
    return Self.difference(end, at: now)
  }

  /// What the difference between an event's end and when it was written says; nil if it is none.
  static func difference(_ end: Timestamp, at written: Timestamp) -> String? {
    if end - written > mostAhead {
      let amount = Quantity.rounded(end - written)
      return "its events end \(amount) after they are written: the proxy's clock is ahead of this"
        + " machine's; from 1 h on they are rejected"
    }
    if written - end > mostBehind {
      let amount = Quantity.rounded(written - end)
      return "its events end \(amount) before they are written: is the proxy's clock behind this"
        + " machine's, or was the log copied?"
    }
    return nil
  }
}
