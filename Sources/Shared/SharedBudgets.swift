package import Budget
package import Postgres
package import Support

/// Budgets as the shared ledger holds them.
struct SharedStoredBudgets {
  var budgets = StoredBudgets()
  /// Of each scope, by its id: rises whenever somebody adds to it.
  var versions: [Int64: Int64] = [:]
}

extension SharedDesk {
  /// How these budgets stand, for one look from outside.
  package static func budgets(
    _ rules: [BudgetRule], of options: PostgresOptions, now: Timestamp
  ) throws(SharedLedgerError) -> StoredBudgets {
    let desk = try SharedDesk(options, holder: "", instance: "", isCancelled: { false })
    return try sharing { () throws(PostgresError) in
      try desk.storedBudgets(rules, now: now).budgets
    }
  }

  /// Makes rows for budgets that have none, each with its one scope if it has no `per`.
  func open(_ rules: [BudgetRule]) throws(PostgresError) {
    for rule in rules.sorted(by: { $0.identity < $1.identity }) {
      let identity = PostgresValue(text: rule.identity)
      _ = try database.query(
        """
        INSERT INTO sidelight.budget(identity, forgotten) VALUES ($1, \(Int64.min))
        ON CONFLICT (identity) DO NOTHING
        """, [identity])
      guard rule.per == nil else { continue }
      _ = try database.query(
        """
        INSERT INTO sidelight.budget_scope
          (budget, value, rate, rate_time, half_life, version)
        SELECT id, '', 0, 0, 0, 0 FROM sidelight.budget WHERE identity = $1
        ON CONFLICT (budget, value) DO NOTHING
        """, [identity])
    }
  }

  /// What matters of these budgets now.
  func storedBudgets(
    _ rules: [BudgetRule], now: Timestamp
  ) throws(PostgresError) -> SharedStoredBudgets {
    var stored = SharedStoredBudgets()
    stored.budgets.secret = crossingSecret
    // Only to know since when spend matters.
    let blank = BudgetWatch(rules: rules, stored: StoredBudgets(), now: now)
    for (index, rule) in rules.enumerated() {
      let rows = try database.query(
        "SELECT id, judged, forgotten FROM sidelight.budget WHERE identity = $1",
        [PostgresValue(text: rule.identity)])
      let id = rows.count > 0 ? rows.integer(0, 0) ?? 0 : -Int64(index) - 1
      stored.budgets.budgets.append(
        StoredBudgets.Budget(
          id: id, identity: rule.identity,
          limit: rows.count > 0 ? rows.integer(0, 1) : nil,
          isFilled: rows.count > 0))
      // The period before tells the rate.
      let span = rule.period.isRolling ? .seconds(0) : rule.period.length
      try addScopes(of: id, since: blank.start(of: index) - span, to: &stored)
      try addMarks(of: id, to: &stored.budgets)
    }
    // It makes no scopes of its own here; if it did, they would be nobody else's.
    stored.budgets.nextScope = Int64(1) << 62
    return stored
  }

  private func addScopes(
    of budget: Int64, since start: Timestamp, to stored: inout SharedStoredBudgets
  ) throws(PostgresError) {
    let rows = try database.query(
      """
      SELECT s.id, s.value, s.exceeds_since, s.rate, s.rate_time, s.version, p.start, p.spent
      FROM sidelight.budget_scope s
        LEFT JOIN sidelight.budget_spend p ON p.scope = s.id AND p.start >= $2
      WHERE s.budget = $1 ORDER BY s.id, p.start
      """, [.integer(budget), .integer(start.microseconds)])
    for row in 0..<rows.count {
      let id = rows.integer(row, 0) ?? 0
      if stored.versions.updateValue(rows.integer(row, 5) ?? 0, forKey: id) == nil {
        stored.budgets.scopes.append(
          StoredBudgets.Scope(
            id: id, budget: budget, text: rows.text(row, 1),
            exceedsSince: rows.integer(row, 2).map(Timestamp.init(microseconds:))))
      }
      guard let start = rows.integer(row, 6), let spent = rows.integer(row, 7) else { continue }
      let rate = BurnRate(
        sum: rows.number(row, 3) ?? 0,
        time: Timestamp(microseconds: rows.integer(row, 4) ?? 0))
      stored.budgets.spends.append(
        StoredBudgets.Spend(
          scope: id, start: Timestamp(microseconds: start), spent: spent, rate: rate))
    }
  }

  private func addMarks(
    of budget: Int64, to stored: inout StoredBudgets
  ) throws(PostgresError) {
    let rows = try database.query(
      """
      SELECT value, period, threshold, "limit", arm, status, until FROM sidelight.budget_mark
      WHERE budget = $1
      """, [.integer(budget)])
    for row in 0..<rows.count {
      let mark = BudgetState.Mark(
        threshold: Int32(clamping: rows.integer(row, 2) ?? 0), limit: rows.integer(row, 3) ?? 0,
        arm: Int32(clamping: rows.integer(row, 4) ?? 0),
        status: BudgetState.Status(rawValue: rows.integer(row, 5) ?? 0) ?? .told)
      stored.marks.append(
        StoredBudgets.Mark(
          budget: budget, text: rows.text(row, 0), period: rows.integer(row, 1) ?? 0, mark: mark,
          until: Timestamp(microseconds: rows.integer(row, 6) ?? 0)))
    }
  }
}

extension SharedDesk {
  /// Writes what judging has changed, of the budgets that this sidecar judges.
  func write(
    _ changes: BudgetChanges, of budgets: Set<Int64>, _ stored: SharedStoredBudgets
  ) throws(PostgresError) {
    var budgetOfScope: [Int64: Int64] = [:]
    for scope in stored.budgets.scopes { budgetOfScope[scope.id] = scope.budget }
    func isMine(_ scope: Int64) -> Bool {
      budgetOfScope[scope].map(budgets.contains) ?? false
    }
    for scope in changes.scopes where isMine(scope.id) {
      _ = try database.query(
        "UPDATE sidelight.budget_scope SET exceeds_since = $2 WHERE id = $1",
        [.integer(scope.id), PostgresValue(scope.exceedsSince?.microseconds)])
    }
    for (scope, start) in changes.removedSpends where isMine(scope) {
      _ = try database.query(
        "DELETE FROM sidelight.budget_spend WHERE scope = $1 AND start = $2",
        [.integer(scope), .integer(start.microseconds)])
    }
    for mark in changes.marks where budgets.contains(mark.budget) { try write(mark) }
    for scope in changes.removedScopes where isMine(scope) {
      // Unless somebody has added to it meanwhile.
      _ = try database.query(
        "DELETE FROM sidelight.budget_scope WHERE id = $1 AND version = $2",
        [.integer(scope), .integer(stored.versions[scope] ?? 0)])
    }
    for budget in changes.budgets where budgets.contains(budget.id) {
      _ = try database.query(
        "UPDATE sidelight.budget SET judged = $2, forgotten = $3 WHERE id = $1",
        [
          .integer(budget.id), PostgresValue(budget.limit),
          .integer(budget.forgotten.microseconds),
        ])
    }
  }

  private func write(_ row: StoredBudgets.Mark) throws(PostgresError) {
    _ = try database.query(
      """
      INSERT INTO sidelight.budget_mark
        (budget, value, period, threshold, "limit", arm, status, until)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (budget, value, period, threshold, "limit")
      DO UPDATE SET arm = excluded.arm, status = excluded.status, until = excluded.until
      """,
      [
        .integer(row.budget), PostgresValue(text: row.text), .integer(row.period),
        .integer(Int64(row.mark.threshold)), .integer(row.mark.limit),
        .integer(Int64(row.mark.arm)), .integer(row.mark.status.rawValue),
        .integer(row.until.microseconds),
      ])
  }

  /// False if it was told before.
  func insert(_ crossing: BudgetCrossing) throws(PostgresError) -> Bool {
    let rows = try database.query(
      """
      INSERT INTO sidelight.crossing(id, budget, scope, threshold, "limit", spent, period_start,
        period_end, told, told_by)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING
      """,
      [
        .text(crossing.id), PostgresValue(text: crossing.budget),
        PostgresValue(text: crossing.scope),
        PostgresValue(crossing.threshold.map { Int64($0) }), .integer(crossing.limit.amount),
        .integer(crossing.spent), .integer(crossing.period.start.microseconds),
        .integer(crossing.period.end.microseconds), .integer(crossing.at.microseconds),
        PostgresValue(text: instance),
      ])
    return rows.changes == 1
  }
}
