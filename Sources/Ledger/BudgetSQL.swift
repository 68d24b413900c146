/// The statements of budgets, prepared once there is one.
struct BudgetSQL {
  let scope: Statement
  let removeScope: Statement
  let removeSpends: Statement
  let removeMarks: Statement
  let spend: Statement
  let removeSpend: Statement
  let mark: Statement
  let budget: Statement

  init(_ database: Database) throws(LedgerError) {
    scope = try database.prepare(
      """
      INSERT INTO budget_scope(id, budget, value, exceeds_since) VALUES(?, ?, ?, ?)
      ON CONFLICT(id) DO UPDATE SET exceeds_since = excluded.exceeds_since
      """)
    removeScope = try database.prepare("DELETE FROM budget_scope WHERE id = ?")
    removeSpends = try database.prepare("DELETE FROM budget_spend WHERE scope = ?")
    // A rolling scope's marks bear its id.
    removeMarks = try database.prepare(
      """
      DELETE FROM budget_mark WHERE (budget, value, period) IN (
        SELECT budget, value, id FROM budget_scope WHERE id = ?)
      """)
    spend = try database.prepare(
      """
      INSERT OR REPLACE INTO budget_spend(scope, start, spent, rate, rate_time)
      VALUES(?, ?, ?, ?, ?)
      """)
    removeSpend = try database.prepare("DELETE FROM budget_spend WHERE scope = ? AND start = ?")
    mark = try database.prepare(
      """
      INSERT OR REPLACE INTO budget_mark(
        budget, value, period, threshold, "limit", arm, status, until)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?)
      """)
    budget = try database.prepare(
      "UPDATE budget SET judged = ?, filled = ?, forgotten = ? WHERE id = ?")
  }
}
