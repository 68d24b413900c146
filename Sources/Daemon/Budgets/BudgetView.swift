package import Budget
package import Config
import Ledger
import Shared
package import Support

/// How budgets stand, read from the ledger beside a daemon or without one.
package enum BudgetView {
  /// Every budget of the configuration in its order; those that no daemon has begun to count have
  /// no scopes.
  package static func entries(
    _ configuration: Configuration, now: Timestamp
  ) throws(AppError) -> [BudgetBoard.Entry] {
    let rules = configuration.allBudgets
    let stored = try stored(configuration, rules, now: now)
    let watch = BudgetWatch(rules: rules, stored: stored, now: now)
    let board = BudgetBoard()
    board.reset(rules, keys: [])
    board.update(
      watch.slots.compactMap { watch.status(of: $0, now: now) }
        .filter { stored.budgets[$0.rule].isFilled },
      dropped: [], keys: [])
    return board.entries
  }

  /// What all sidecars have spent, where they share a ledger.
  private static func stored(
    _ configuration: Configuration, _ rules: [BudgetRule], now: Timestamp
  ) throws(AppError) -> StoredBudgets {
    if let database = configuration.ledger.database {
      return try AppError.of { () throws(SharedLedgerError) in
        try SharedDesk.budgets(rules, of: database, now: now)
      }
    }
    return try AppError.of { () throws(LedgerError) in
      try LedgerReader(path: configuration.ledger.path).budgets(rules.map(\.identity))
    }
  }
}
