extension Catalogue {
  /// Limits and what was spent of them.
  static let budgets = Section(
    title: "Budgets",
    descriptors: [
      amount(.budgetLimit, "limit", "How much may be spent in a period."),
      amount(.budgetSpent, "spent", "What was spent in the period so far."),
      amount(.budgetRemaining, "remaining", "What is left of the limit, at least 0."),
      Descriptor(
        .budgetUsedRatio, "llm_budget_used_ratio", .gauge, [.budget, .scope], origin: .collected,
        help: "Spend divided by the limit; of a limit of 0 any spend is +Inf."),
      amount(
        .budgetForecast, "forecast",
        "What will be spent by the end of the period at the recent rate; rolling windows have none."
      ),
      Descriptor(
        .budgetExhaustion, "llm_budget_exhaustion_timestamp_seconds", .gauge, [.budget, .scope],
        origin: .collected,
        help: "When the limit will be reached at the recent rate, in seconds since 1970; absent if"
          + " not before the end of the period, and once it is reached."),
      period(.budgetPeriodStart, "start", "begins"),
      period(.budgetPeriodEnd, "end", "ends"),
      Descriptor(
        .budgetThresholdCrossed, "llm_budget_threshold_crossed", .gauge,
        [.budget, .scope, .threshold], origin: .collected,
        help: "1 once spend has reached this percentage of the limit in the period, else 0."),
      Descriptor(
        .budgetCrossings, "llm_budget_crossings_total", .counter, [.budget, .threshold],
        help: "Crossings told, over all scopes; threshold is a percentage, or forecast."),
    ])

  private static func amount(_ family: Family, _ name: String, _ help: String) -> Descriptor {
    Descriptor(
      family, "llm_budget_\(name)", .gauge, [.budget, .scope, .unit], origin: .collected,
      help: help + " Dollars, requests or tokens, as unit says; never sum over it.")
  }

  private static func period(_ family: Family, _ name: String, _ verb: String) -> Descriptor {
    Descriptor(
      family, "llm_budget_period_\(name)_timestamp_seconds", .gauge, [.budget],
      origin: .collected,
      help: "When the period of the budget \(verb), in seconds since 1970.")
  }
}
