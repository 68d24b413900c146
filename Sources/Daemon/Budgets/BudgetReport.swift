package import Budget
package import Support

/// All budgets as `/api/v1/budgets` tells of them.
package enum BudgetReport {
  /// Every rule with its scopes, those of the most used first; at most `scopes` of each. `viewAge` is how
  /// old the view of a shared ledger is.
  package static func json(
    _ entries: [BudgetBoard.Entry], at now: Timestamp, scopes: Int = .max,
    viewAge: TimeSpan? = nil
  ) -> JSONValue {
    .object([
      "budgets": .list(entries.map { json($0, at: now, scopes) }),
      "view_age_seconds": viewAge.map { .number($0.seconds) },
    ])
  }

  private static func json(
    _ entry: BudgetBoard.Entry, at now: Timestamp, _ most: Int
  ) -> JSONValue {
    let rule = entry.rule
    let statuses = sorted(entry)
    let more = statuses.count - min(most, statuses.count)
    return .object([
      "name": .text(rule.name), "limit": rule.limit.unit.json(rule.limit.amount),
      "unit": .text(rule.limit.unit.rawValue),
      "period": statuses.first.map { period($0.window, rule) },
      "match": .object(
        rule.match.map { line in
          JSONValue.Member(line.attribute.text, .list(line.patterns.map { .text($0.text) }))
        }),
      "per": .optional(rule.per?.text),
      "thresholds": .list(rule.thresholds.map { .integer(Int64($0)) }),
      "notify": .list(rule.notify.map(JSONValue.text)),
      "scopes": .list(statuses.prefix(most).map { json($0, rule, at: now) }),
      "more": more > 0 ? .integer(Int64(more)) : nil,
    ])
  }

  /// The most used first.
  package static func sorted(_ entry: BudgetBoard.Entry) -> [BudgetStatus] {
    entry.scopes.values.sorted { ($1.spent, $0.text) < ($0.spent, $1.text) }
  }

  private static func period(_ window: CalendarWindow, _ rule: BudgetRule) -> JSONValue {
    .object([
      "kind": .text(rule.period.text), "start": .text(local(window.start, rule).rfc3339),
      "end": .text(local(window.end, rule).rfc3339), "timezone": .text(rule.zone.name),
    ])
  }

  /// A time as clocks in the rule's zone show it.
  package static func local(_ time: Timestamp, _ rule: BudgetRule) -> CivilTime {
    CivilTime(time, offset: rule.zone.offset(at: time))
  }

  private static func json(
    _ status: BudgetStatus, _ rule: BudgetRule, at now: Timestamp
  ) -> JSONValue {
    let unit = rule.limit.unit
    return .object([
      "scope": .text(status.scope), "spent": unit.json(status.spent),
      "remaining": unit.json(rule.limit.remaining(after: status.spent)),
      "used_percent": rule.limit.amount > 0
        ? .number((status.usedRatio(rule) * 10_000).rounded() / 100) : .null,
      "forecast": status.forecast(rule, at: now).map(unit.json) ?? .null,
      "exhausted_at": .optional(
        status.exhaustion(rule, at: now).map { local($0, rule).rfc3339 }),
      "crossed": .list(status.crossed.map { .integer(Int64($0)) }),
    ])
  }
}
