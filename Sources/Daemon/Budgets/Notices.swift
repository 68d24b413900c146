import Budget
import Ledger
import Notify
import Support

extension Notification {
  /// A budget's news, under the id by which it is known.
  init(_ crossing: BudgetCrossing, instance: String) {
    let notice = BudgetNotice(crossing)
    self.init(
      id: crossing.id, time: crossing.at, instance: instance,
      content: crossing.threshold.map { .thresholdCrossed(notice, percent: Int($0)) }
        ?? .forecastExceeded(notice))
  }
}

extension BudgetNotice {
  fileprivate init(_ crossing: BudgetCrossing) {
    let zone = crossing.period.zone
    func local(_ time: Timestamp) -> ZonedTime { ZonedTime(time, offset: zone.offset(at: time)) }
    self.init(
      budget: crossing.budget, scope: crossing.scope, per: crossing.per?.text,
      unit: Unit(crossing.limit.unit), limit: crossing.limit.amount, spent: crossing.spent,
      period: Period(
        kind: crossing.period.kind, start: local(crossing.period.start),
        end: local(crossing.period.end), timezone: zone.name))
    isLate = crossing.isLate
    forecast = crossing.forecast
    exhausted = crossing.exhaustedAt.map(local)
    top = crossing.top.map { Share(provider: $0.provider, model: $0.model, spent: $0.spent) }
  }
}

extension BudgetNotice.Unit {
  fileprivate init(_ unit: BudgetUnit) {
    switch unit {
    case .usd: self = .usd
    case .requests: self = .requests
    case .tokens: self = .tokens
    }
  }
}

extension LedgerEvent {
  /// A budget's news for the event log.
  init(_ crossing: BudgetCrossing) {
    let unit = crossing.limit.unit
    self.init(
      time: crossing.at, kind: crossing.threshold == nil ? .budgetForecast : .budgetCrossed,
      subject: crossing.budget,
      detail: .object([
        "id": .text(crossing.id), "scope": .text(crossing.scope),
        "threshold_percent": crossing.threshold.map { .integer(Int64($0)) },
        "limit": unit.json(crossing.limit.amount), "spent": unit.json(crossing.spent),
        "unit": .text(unit.rawValue), "period_start": .time(crossing.period.start),
        "period_end": .time(crossing.period.end), "late": .flag(crossing.isLate),
      ]))
  }
}

extension BudgetUnit {
  /// An amount in dollars, requests or tokens, exact.
  func json(_ amount: Int64) -> JSONValue {
    .fixed(digits: amount, decimals: self == .usd ? 9 : 0)
  }
}
