package import Support

/// What was spent in one period, or in one step of a rolling window.
package struct SpendBucket: Sendable, Equatable {
  package var window: CalendarWindow
  /// In the unit's smallest.
  package var spent: Int64 = 0
  /// Of a calendar period; a rolling window has one state over all its steps.
  package var state = BudgetState()

  init(_ window: CalendarWindow) { self.window = window }
}

/// One budget of a rule: of all that it matches, or of one value of its `per`.
package struct BudgetScope: Sendable {
  /// Given by the watch, known to the ledger.
  package let id: Int64
  /// The rule's place among the rules.
  package let rule: Int
  /// The value of `per`; empty for all spend.
  package let text: String
  /// In the order of time.
  package internal(set) var buckets: [SpendBucket] = []
  /// Of a rolling window.
  package internal(set) var rolling = BudgetState()
  package internal(set) var rate = BurnRate()
  /// Since when the forecast has exceeded the limit without pause.
  package internal(set) var exceedsSince: Timestamp?

  /// Waits for evaluation.
  var isTouched = false
  /// The last record that was added, so that none is twice.
  var record: UInt64 = 0
  /// Buckets that the ledger does not hold as they are, by start.
  var unwritten: [Timestamp] = []
  /// Sums right after the requests that reached a threshold since the last evaluation, by the
  /// bucket's start; of a rolling window, by the window's. A batch is judged at its end, but what is
  /// told is the spend at the request that crossed.
  var reached: [(start: Timestamp, spent: Int64)] = []
  /// The rolling window's sum since the last evaluation.
  var running: Int64?

  init(id: Int64, rule: Int, text: String) {
    self.id = id
    self.rule = rule
    self.text = text
  }

  /// The name for people and labels.
  package var name: String { text.isEmpty ? "all" : text }

  /// What was spent in a calendar period.
  package func spent(in window: CalendarWindow) -> Int64 {
    buckets.last { $0.window.start == window.start }?.spent ?? 0
  }

  /// What was spent in a rolling window.
  package func spent(from start: Timestamp, to end: Timestamp) -> Int64 {
    var sum: Int64 = 0
    for bucket in buckets where bucket.window.start >= start && bucket.window.start < end {
      sum.addClamped(bucket.spent)
    }
    return sum
  }

  /// Notes the sum in the period at `start` if `amount`, just added, has reached one of `levels`.
  mutating func noteReaching(
    _ levels: [Int64], with amount: Int64, in window: CalendarWindow, isRolling: Bool
  ) {
    let sum: Int64
    if isRolling {
      // Only the first request of a batch has to add up the steps.
      var known = running ?? spent(from: window.start, to: window.end) - amount
      known.addClamped(amount)
      running = known
      sum = known
    } else {
      sum = spent(in: window)
    }
    if levels.contains(where: { $0 > sum - amount && $0 <= sum }) {
      reached.append((window.start, sum))
    }
  }

  /// What was spent at the request that reached `level`; nil if none has since the last evaluation.
  func spent(reaching level: Int64, from start: Timestamp) -> Int64? {
    reached.first { $0.start == start && $0.spent >= level }?.spent
  }

  /// Adds to the period's bucket. True if there was none.
  mutating func add(_ amount: Int64, to window: CalendarWindow) -> Bool {
    if !unwritten.contains(window.start) { unwritten.append(window.start) }
    if let place = buckets.lastIndex(where: { $0.window.start == window.start }) {
      buckets[place].spent.addClamped(amount)
      return false
    }
    let place = (buckets.lastIndex { $0.window.start < window.start } ?? -1) + 1
    buckets.insert(SpendBucket(window), at: place)
    buckets[place].spent = amount
    return true
  }
}

extension Int64 {
  /// Adds, and stays at the largest number instead of overflowing: a log may say anything.
  mutating func addClamped(_ amount: Int64) {
    let (sum, overflow) = addingReportingOverflow(amount)
    self = overflow ? (amount > 0 ? .max : .min) : sum
  }
}
