package import Support

/// How one budget stands.
package struct BudgetStatus: Sendable, Equatable {
  /// The rule's place in the configuration.
  package var rule: Int
  /// Empty for all spend, else the value of `per`.
  package var text: String
  package var spent: Int64
  /// The calendar period, or the rolling window up to its latest step.
  package var window: CalendarWindow
  /// How fast it is being spent; nil for rolling windows.
  package var rate: BurnRate?
  /// Once a rolling window is spent: when enough of it has slid out; at most an hour ahead.
  package var freeAt: Timestamp?
  /// Thresholds crossed, in percent.
  package var crossed: [Int32]

  /// A scope of the rule at this place.
  package init(rule: Int, text: String, spent: Int64, window: CalendarWindow, crossed: [Int32]) {
    self.rule = rule
    self.text = text
    self.spent = spent
    self.window = window
    self.crossed = crossed
  }

  /// The name for people and labels.
  package var scope: String { text.isEmpty ? "all" : text }

  /// What will be spent at the period's end, as it looks at `now`; nil for rolling windows.
  package func forecast(_ rule: BudgetRule, at now: Timestamp) -> Int64? {
    rate?.forecast(spent: spent, at: now, end: window.end, period: rule.period.length)
  }

  /// When the limit will be reached; nil if not within the period, or if it is reached already.
  package func exhaustion(_ rule: BudgetRule, at now: Timestamp) -> Timestamp? {
    guard !rule.limit.isSpent(by: spent) else { return nil }
    return rate?.exhaustion(
      remaining: rule.limit.remaining(after: spent), at: now, end: window.end,
      period: rule.period.length)
  }

  /// `spent` divided by the limit: infinite for any spend of nothing.
  package func usedRatio(_ rule: BudgetRule) -> Double {
    guard rule.limit.amount > 0 else { return spent > 0 ? .infinity : 0 }
    return Double(spent) / Double(rule.limit.amount)
  }
}

extension BudgetWatch {
  /// How the scope in `slot` stands; nil if it was dropped.
  package func status(of slot: Int32, now: Timestamp) -> BudgetStatus? {
    guard scopes.indices.contains(Int(slot)), let scope = scopes[Int(slot)] else { return nil }
    let rule = rules[scope.rule]
    let clock = clocks[compiled[scope.rule].clock]
    guard rule.period.isRolling else {
      return status(of: scope, rule, in: clock.current)
    }
    let window = clock.rollingWindow
    let spent = scope.spent(from: window.start, to: window.end)
    var status = BudgetStatus(
      rule: scope.rule, text: scope.text, spent: spent, window: window,
      crossed: rule.thresholds.filter(scope.rolling.isCrossed))
    if rule.limit.isSpent(by: spent) {
      status.freeAt = freeAt(scope, rule, spent: spent, window: window, now: now)
    }
    return status
  }

  private func status(
    of scope: BudgetScope, _ rule: BudgetRule, in window: CalendarWindow
  ) -> BudgetStatus {
    let bucket = scope.buckets.last { $0.window.start == window.start }
    var status = BudgetStatus(
      rule: scope.rule, text: scope.text, spent: bucket?.spent ?? 0, window: window,
      crossed: bucket.map { rule.thresholds.filter($0.state.isCrossed) } ?? [])
    status.rate = scope.rate
    return status
  }

  /// When the first steps have slid out that keep it at its limit.
  private func freeAt(
    _ scope: BudgetScope, _ rule: BudgetRule, spent: Int64, window: CalendarWindow, now: Timestamp
  ) -> Timestamp {
    var left = spent
    let latest = now + .hours(1)
    for bucket in scope.buckets
    where bucket.window.start >= window.start && bucket.window.start < window.end {
      left -= bucket.spent
      let time = bucket.window.start + rule.period.length
      if time >= latest { break }
      if !rule.limit.isSpent(by: left) { return max(now, time) }
    }
    return latest
  }

  /// Every scope's slot.
  package var slots: [Int32] {
    scopes.indices.filter { scopes[$0] != nil }.map(Int32.init)
  }
}
