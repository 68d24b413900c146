import Support

/// How much a transaction takes, so that it is short whatever the machine.
struct ImportPace {
  /// A daemon beside the import waits about as long for its own.
  private static let longest = TimeSpan.milliseconds(50)
  /// Without one: larger transactions write less, since rows of sums meet in them.
  private static let longestAlone = TimeSpan.milliseconds(500)

  /// Lines, when each has to be looked up in the ledger.
  private(set) var lines: Int64 = 2048
  /// Lines, when they need not be: few enough to stay in the processor's cache.
  var unlockedLines: Int64 { min(lines, 512) }
  /// Rows of sums, when nothing else is to be done.
  private(set) var rows = 32_768
  private var isFixed = false

  /// Learns from each transaction.
  init() {}

  /// Always the same, whatever it takes.
  init(lines: Int64, rows: Int) {
    self.lines = lines
    self.rows = rows
    isFixed = true
  }

  /// Learns from a transaction that took `time` for as many lines.
  mutating func took(_ time: TimeSpan, forLines count: Int64) {
    if isFixed { return }
    lines = Self.next(lines, time, count, in: 256...16_384)
  }

  /// Learns from a transaction that took `time` for as many rows.
  mutating func took(_ time: TimeSpan, forRows count: Int, isAlone: Bool) {
    if isFixed { return }
    let longest = isAlone ? Self.longestAlone : Self.longest
    rows = Int(Self.next(Int64(rows), time, Int64(count), in: 1024...131_072, longest))
  }

  private static func next(
    _ goal: Int64, _ time: TimeSpan, _ count: Int64, in range: ClosedRange<Int64>,
    _ longest: TimeSpan = longest
  ) -> Int64 {
    // A few tell nothing: they cost no more than the commit itself.
    guard count * 4 >= goal else { return goal }
    let fitting = count * longest.microseconds / max(1, time.microseconds)
    let next = min(fitting, goal * 4)
    return min(max(next, range.lowerBound), range.upperBound)
  }
}
