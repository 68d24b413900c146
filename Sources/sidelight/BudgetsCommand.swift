import Budget
import Config
import Daemon
import FoundationEssentials
import Glibc
import Support

/// `sidelight budgets`: how each budget stands.
enum BudgetsCommand {
  static func run(_ arguments: Arguments) throws(CommandFailure) {
    let configuration = try ConfigurationFile.load(ConfigurationFile.path(arguments))
    let now = WallClock.system.now()
    let entries: [BudgetBoard.Entry]
    do throws(AppError) {
      entries = try BudgetView.entries(configuration, now: now)
    } catch {
      throw .failed("\(error)")
    }
    let terminal = Terminal(
      descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
    let lines =
      terminal.isInteractive
      ? BudgetBars(hasColor: terminal.hasColor, showsAll: arguments.has("all")).lines(
        entries, now: now) : BudgetTable.lines(entries, now: now)
    for line in lines { print(line) }
  }
}

/// For programs: a line of names, then one for each scope, fields separated by tabs.
enum BudgetTable {
  static func lines(_ entries: [BudgetBoard.Entry], now: Timestamp) -> [String] {
    let names = [
      "budget", "scope", "spent", "limit", "unit", "used_percent", "forecast", "period_start",
      "period_end", "crossed",
    ]
    return [names.joined(separator: "\t")]
      + entries.flatMap { entry in
        entry.statuses.map { fields($0, entry.rule, now: now).joined(separator: "\t") }
      }
  }

  private static func fields(
    _ status: BudgetStatus, _ rule: BudgetRule, now: Timestamp
  ) -> [String] {
    let unit = rule.limit.unit
    let ratio = status.usedRatio(rule)
    return [
      rule.name, status.scope.printable, unit.number(status.spent),
      unit.number(rule.limit.amount), unit.rawValue,
      ratio.isFinite ? BudgetBars.percent(ratio) : "",
      status.forecast(rule, at: now).map(unit.number) ?? "",
      BudgetReport.local(status.window.start, rule).rfc3339,
      BudgetReport.local(status.window.end, rule).rfc3339,
      status.crossed.map { "\($0)" }.joined(separator: ","),
    ]
  }
}
