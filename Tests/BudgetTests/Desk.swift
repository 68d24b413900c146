import Support
import TestSupport

@testable import Budget

/// A watch with a store beside it that keeps what a ledger keeps.
struct Desk {
  private(set) var rules: [BudgetRule]
  private(set) var watch: BudgetWatch
  private(set) var store = StoredBudgets()
  /// All that was told, in order.
  private(set) var told: [BudgetCrossing] = []
  let clock: ManualClock
  private var budgetIDs: [String: Int64] = [:]
  private var budgets: [Int64: StoredBudgets.Budget] = [:]

  init(_ rules: [BudgetRule], at now: Timestamp = ManualClock().now) {
    self.rules = rules
    clock = ManualClock(now)
    store.secret = [1, 2, 3]
    watch = BudgetWatch(rules: [], stored: store, now: now)
    restart()
  }

  var now: Timestamp { clock.now }

  /// Everything in memory is lost; the configuration may have changed.
  mutating func restart(_ rules: [BudgetRule]? = nil) {
    self.rules = rules ?? self.rules
    store.budgets = self.rules.map { rule in
      let id = budgetIDs[rule.identity] ?? Int64(budgetIDs.count + 1)
      budgetIDs[rule.identity] = id
      return budgets[id]
        ?? StoredBudgets.Budget(id: id, identity: rule.identity, limit: nil, isFilled: true)
    }
    watch = BudgetWatch(rules: self.rules, stored: store, now: now)
  }

  /// Changes one rule, as a reload does.
  mutating func reload(_ change: (inout BudgetRule) -> Void) {
    var rule = rules[0]
    change(&rule)
    restart([rule] + rules.dropFirst())
  }

  /// One request that cost so many units of the rules' measure.
  mutating func spend(
    _ amount: Int64, ago: TimeSpan = .seconds(0), _ attributes: [BudgetAttribute: String] = [:],
    tags: [String] = []
  ) {
    watch.begin(at: now)
    for (place, attribute) in watch.attributes.enumerated() {
      for text in attribute == .tag ? tags : [attributes[attribute] ?? ""] {
        Array(text.utf8).withUnsafeBytes { bytes in
          watch.stage(place, bytes) { String(decoding: $0, as: UTF8.self) }
        }
      }
    }
    watch.record(
      BudgetSpend(end: now - ago, nanodollars: amount, requests: amount, tokens: amount))
  }

  /// Evaluates and commits, or loses the commit as a full disk does.
  @discardableResult
  mutating func commit(fails: Bool = false) -> [BudgetCrossing] {
    let outcome = watch.evaluate(at: now)
    if fails {
      restart()
      return []
    }
    apply(outcome.changes)
    told += outcome.crossings
    return outcome.crossings
  }

  /// Evaluates without committing.
  mutating func evaluate() -> BudgetOutcome { watch.evaluate(at: now) }

  /// What a commit at this moment announces, as `threshold%` or `scope threshold%`.
  mutating func news() -> [String] {
    commit().map { crossing in
      let percent = crossing.threshold.map { "\($0)%" } ?? "forecast"
      return (crossing.per == nil ? "" : "\(crossing.scope) ") + percent
        + (crossing.isLate ? " late" : "")
    }
  }

  private mutating func apply(_ changes: BudgetChanges) {
    for scope in changes.scopes {
      store.scopes.removeAll { $0.id == scope.id }
      store.scopes.append(scope)
      store.nextScope = max(store.nextScope, scope.id + 1)
    }
    for spend in changes.spends {
      store.spends.removeAll { $0.scope == spend.scope && $0.start == spend.start }
      store.spends.append(spend)
    }
    for removed in changes.removedSpends {
      store.spends.removeAll { $0.scope == removed.scope && $0.start == removed.start }
    }
    for mark in changes.marks {
      store.marks.removeAll {
        $0.budget == mark.budget && $0.text == mark.text && $0.period == mark.period
          && $0.mark.threshold == mark.mark.threshold && $0.mark.limit == mark.mark.limit
      }
      store.marks.append(mark)
    }
    store.scopes.removeAll { changes.removedScopes.contains($0.id) }
    for budget in changes.budgets { budgets[budget.id] = budget }
  }

  /// What the first rule's only scope will have spent at the period's end.
  var forecast: Int64? { status()?.forecast(rules[0], at: now) }

  /// How the only scope, or the one of this value, stands.
  func status(_ text: String = "") -> BudgetStatus? {
    watch.slots.lazy.compactMap { watch.status(of: $0, now: now) }.first { $0.text == text }
  }
}

extension BudgetRule {
  /// A daily budget of 100 requests, changed by `change`.
  static func test(_ change: (inout BudgetRule) -> Void = { _ in }) -> BudgetRule {
    var rule = BudgetRule()
    rule.name = "test"
    rule.limit = BudgetLimit(100, .requests)
    change(&rule)
    return rule
  }
}
