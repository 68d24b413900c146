import Budget
import Daemon
import Support

/// For people: a bar for each scope.
struct BudgetBars {
  let hasColor: Bool
  let showsAll: Bool

  /// Scopes of one budget that are shown unless all are asked for.
  static let fewScopes = 10
  private static let length = 20

  func lines(_ entries: [BudgetBoard.Entry], now: Timestamp) -> [String] {
    if entries.isEmpty { return ["no budgets are configured"] }
    return entries.flatMap { self.lines($0, now: now) }
  }

  private func lines(_ entry: BudgetBoard.Entry, now: Timestamp) -> [String] {
    let rule = entry.rule
    let statuses = BudgetReport.sorted(entry)
    var heading = "\(rule.name): \(rule.limit.text) a \(rule.period.text)"
    if rule.period.isRolling { heading = "\(rule.name): \(rule.limit.text), \(rule.period.text)" }
    if let per = rule.per { heading += ", for each \(per.text)" }
    guard let window = statuses.first?.window else {
      let reason = rule.per == nil ? "not counted yet, 'sidelight run' begins" : "nothing spent yet"
      return ["\(heading) (\(reason))"]
    }
    if !rule.period.isRolling {
      heading += ", until \(BudgetReport.local(window.end, rule).minuteText) \(rule.zone.name)"
    }
    let shown = showsAll ? statuses[...] : statuses.prefix(Self.fewScopes)
    var lines = [heading] + shown.map { line($0, rule, now: now) }
    if shown.count < statuses.count {
      lines.append("  and \(statuses.count - shown.count) more (--all shows them)")
    }
    return lines
  }

  private func line(_ status: BudgetStatus, _ rule: BudgetRule, now: Timestamp) -> String {
    let unit = rule.limit.unit
    let ratio = status.usedRatio(rule)
    let percent = ratio.isFinite ? "\(Self.percent(ratio)) %" : "over"
    var text = "  \(bar(ratio)) \(Self.padded(percent, to: 8))  \(rounded(status.spent, unit))"
    if !status.text.isEmpty { text += "  \(status.text.printable)" }
    if let forecast = status.forecast(rule, at: now), forecast > status.spent {
      text += "  (\(rounded(forecast, unit)) expected)"
    }
    return text
  }

  private func bar(_ ratio: Double) -> String {
    let full = ratio.isFinite ? min(Self.length, Int(ratio * Double(Self.length))) : Self.length
    let bar =
      String(repeating: "█", count: max(0, full))
      + String(repeating: "░", count: Self.length - max(0, full))
    guard hasColor else { return bar }
    let colour = ratio < 0.8 ? "32" : ratio < 1 ? "33" : "31"
    return "\u{1B}[\(colour)m\(bar)\u{1B}[0m"
  }

  /// Dollars in cents, or finer where there are few.
  private func rounded(_ amount: Int64, _ unit: BudgetUnit) -> String {
    guard unit == .usd else { return unit.text(amount) }
    let step: Int64 = amount >= 1_000_000_000 ? 10_000_000 : 100_000
    return unit.text(amount / step * step)
  }

  private static func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// A ratio in percent, with one decimal.
  static func percent(_ ratio: Double) -> String {
    let tenths = Int64(min(ratio * 1000, 1e15).rounded(.down))
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
