import Budget

extension Checker {
  /// What a budget allows, and whom it tells.
  static func budget(_ rule: BudgetRule) -> Finding {
    let period = rule.period.isRolling ? ", \(rule.period.text)" : " a \(rule.period.text)"
    let zone = rule.zone == .utc ? "" : " (\(rule.zone.name))"
    let per = rule.per.map { " for each \($0.text)" } ?? ""
    let told = rule.notify.isEmpty ? "nobody" : rule.notify.joined(separator: ", ")
    return Finding(
      .ok, "budget \(rule.name)", "\(rule.limit.text)\(period)\(zone)\(per); tells \(told)")
  }
}
