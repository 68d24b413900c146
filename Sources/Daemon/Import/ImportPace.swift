import Support

/// How many lines a transaction takes, so that it is short whatever the machine.
struct ImportPace {
  /// A daemon beside the import waits no longer for its own.
  static let longest = TimeSpan.milliseconds(40)
  private static let range: ClosedRange<Int64> = 256...32_768

  private(set) var lines: Int64 = 4096

  /// Learns from the last transaction.
  mutating func took(_ time: TimeSpan) {
    if time > Self.longest {
      lines = max(Self.range.lowerBound, lines / 2)
    } else if time < TimeSpan(microseconds: Self.longest.microseconds / 2) {
      lines = min(Self.range.upperBound, lines * 5 / 4)
    }
  }
}
