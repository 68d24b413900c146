import Budget
import Metrics
import Support

extension Collectors {
  /// More scopes of one budget are in the API, in messages and at the gate, but not in metrics.
  static let mostBudgetScopes = 1000

  /// How budgets stand.
  static func collectBudgets(_ board: BudgetBoard, into samples: inout CollectedSamples) {
    for entry in board.entries {
      let shown = entry.statuses.prefix(mostBudgetScopes)
      if let window = shown.first?.window {
        samples.add(.budgetPeriodStart, labels: [entry.rule.name], window.start.seconds)
        samples.add(.budgetPeriodEnd, labels: [entry.rule.name], window.end.seconds)
      }
      for status in shown { collect(status, entry.rule, into: &samples) }
    }
  }

  private static func collect(
    _ status: BudgetStatus, _ rule: BudgetRule, into samples: inout CollectedSamples
  ) {
    let unit = rule.limit.unit
    let scope = [rule.name, status.scope]
    let amount = scope + [unit.rawValue]
    samples.add(.budgetLimit, labels: amount, unit.value(rule.limit.amount))
    samples.add(.budgetSpent, labels: amount, unit.value(status.spent))
    samples.add(
      .budgetRemaining, labels: amount, unit.value(rule.limit.remaining(after: status.spent)))
    samples.add(.budgetUsedRatio, labels: scope, status.usedRatio(rule))
    if let forecast = status.forecast(rule, at: samples.now) {
      samples.add(.budgetForecast, labels: amount, unit.value(forecast))
    }
    if let time = status.exhaustion(rule, at: samples.now) {
      samples.add(.budgetExhaustion, labels: scope, time.seconds)
    }
    for threshold in rule.thresholds {
      samples.add(
        .budgetThresholdCrossed, labels: scope + ["\(threshold)"],
        status.crossed.contains(threshold) ? 1 : 0)
    }
  }
}
