package import Budget
import Support

extension CostLedger {
  /// What is known of the budgets with these identities; all others end.
  ///
  /// Where nothing is known of one, its spend has to be taken from the requests.
  package func openBudgets(_ identities: [String]) throws(LedgerError) -> StoredBudgets {
    var stored = StoredBudgets()
    let hasAny = try database.integer("SELECT count(*) FROM budget WHERE filled") ?? 0 > 0
    guard hasAny || !identities.isEmpty else { return stored }
    try database.execute("BEGIN IMMEDIATE")
    do throws(LedgerError) {
      try endBudgets(otherThan: identities)
      let add = try database.prepare(
        "INSERT OR IGNORE INTO budget(identity, filled, forgotten) VALUES(?, 0, 0)")
      for identity in identities {
        add.bind(identity)
        try add.run()
      }
      stored = try database.storedBudgets(identities)
      stored.secret = try secret()
      try commit()
    } catch {
      rollback()
      throw error
    }
    return stored
  }

  /// Forgets what these budgets have spent, which then has to be taken from the requests.
  package func forgetSpend(of budgets: [Int64]) throws(LedgerError) {
    for budget in budgets {
      try database.execute(
        """
        DELETE FROM budget_spend
          WHERE scope IN (SELECT id FROM budget_scope WHERE budget = \(budget));
        UPDATE budget SET filled = 0 WHERE id = \(budget);
        """)
    }
  }

  private func endBudgets(otherThan identities: [String]) throws(LedgerError) {
    let known = try database.prepare("SELECT id, identity FROM budget WHERE filled")
    var ended: [Int64] = []
    while try known.step() {
      if !identities.contains(known.text(1)) { ended.append(known.integer(0)) }
    }
    for budget in ended {
      try database.execute(
        """
        DELETE FROM budget_spend
          WHERE scope IN (SELECT id FROM budget_scope WHERE budget = \(budget));
        DELETE FROM budget_mark WHERE budget = \(budget) AND until = \(Int64.max);
        DELETE FROM budget_scope WHERE budget = \(budget);
        UPDATE budget SET filled = 0 WHERE id = \(budget);
        """)
    }
  }

  /// Writes what an evaluation changed, within the batch's transaction.
  package func write(_ changes: BudgetChanges) throws(LedgerError) {
    guard !changes.isEmpty else { return }
    if budgetSQL == nil { budgetSQL = try BudgetSQL(database) }
    guard let sql = budgetSQL else { return }
    for scope in changes.scopes {
      sql.scope.bind(scope.id)
      sql.scope.bind(scope.budget)
      sql.scope.bind(scope.text)
      sql.scope.bind(optional: scope.exceedsSince?.microseconds)
      try sql.scope.run()
    }
    for spend in changes.spends {
      sql.spend.bind(spend.scope)
      sql.spend.bind(spend.start.microseconds)
      sql.spend.bind(spend.spent)
      sql.spend.bind(Int64(bitPattern: spend.rate.sum.bitPattern))
      sql.spend.bind(spend.rate.time.microseconds)
      try sql.spend.run()
    }
    for (scope, start) in changes.removedSpends {
      try sql.removeSpend.run(scope, start.microseconds)
    }
    for mark in changes.marks { try write(mark, sql.mark) }
    for scope in changes.removedScopes {
      for statement in [sql.removeMarks, sql.removeSpends, sql.removeScope] {
        try statement.run(scope)
      }
    }
    for budget in changes.budgets {
      sql.budget.bind(optional: budget.limit)
      sql.budget.bind(Int64(budget.isFilled ? 1 : 0))
      sql.budget.bind(budget.forgotten.microseconds)
      sql.budget.bind(budget.id)
      try sql.budget.run()
    }
  }

  private func write(_ row: StoredBudgets.Mark, _ statement: Statement) throws(LedgerError) {
    statement.bind(row.budget)
    statement.bind(row.text)
    statement.bind(row.period)
    statement.bind(Int64(row.mark.threshold))
    statement.bind(row.mark.limit)
    statement.bind(Int64(row.mark.arm))
    statement.bind(row.mark.status.rawValue)
    statement.bind(row.until.microseconds)
    try statement.run()
  }
}

/// Whose key is which.
extension CostLedger {
  /// Every key that was seen.
  package func budgetKeys() throws(LedgerError) -> [KeyProfile] {
    let query = try database.prepare("SELECT id, key, team, user FROM budget_key")
    var keys: [KeyProfile] = []
    while try query.step() {
      keys.append(
        KeyProfile(
          id: UInt32(truncatingIfNeeded: query.integer(0)), key: query.text(1),
          team: query.text(2), user: query.text(3)))
    }
    return keys
  }

  /// Keeps the profiles of keys, in place of older ones.
  package func write(_ keys: [KeyProfile]) throws(LedgerError) {
    guard !keys.isEmpty else { return }
    let save = try database.prepare(
      "INSERT OR REPLACE INTO budget_key(id, key, team, user) VALUES(?, ?, ?, ?)")
    for key in keys {
      save.bind(key.id)
      save.bind(key.key)
      save.bind(key.team)
      save.bind(key.user)
      try save.run()
    }
  }
}
