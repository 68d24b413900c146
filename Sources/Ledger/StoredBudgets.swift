package import Budget
import Support

extension LedgerReader {
  /// What is known of the budgets with these identities, in their order.
  package func budgets(_ identities: [String]) throws(LedgerError) -> StoredBudgets {
    try database.storedBudgets(identities)
  }
}

extension Database {
  /// The rows of the budgets with these identities, in their order; what is not known has no rows
  /// and an id of its own.
  func storedBudgets(_ identities: [String]) throws(LedgerError) -> StoredBudgets {
    var stored = StoredBudgets()
    let find = try prepare("SELECT id, judged, filled, forgotten FROM budget WHERE identity = ?")
    for (index, identity) in identities.enumerated() {
      find.bind(identity)
      let isKnown = try find.step()
      stored.budgets.append(
        StoredBudgets.Budget(
          id: isKnown ? find.integer(0) : -Int64(index) - 1, identity: identity,
          limit: isKnown ? find.optionalInteger(1) : nil,
          isFilled: isKnown && find.integer(2) != 0,
          forgotten: Timestamp(microseconds: isKnown ? find.integer(3) : 0)))
      find.reset()
    }
    stored.nextScope =
      (try integer("SELECT seq FROM sqlite_sequence WHERE name = 'budget_scope'") ?? 0) + 1
    try addScopes(to: &stored)
    try addMarks(to: &stored)
    return stored
  }

  private func addScopes(to stored: inout StoredBudgets) throws(LedgerError) {
    let scopes = try prepare("SELECT id, budget, value, exceeds_since FROM budget_scope")
    while try scopes.step() {
      stored.scopes.append(
        StoredBudgets.Scope(
          id: scopes.integer(0), budget: scopes.integer(1), text: scopes.text(2),
          exceedsSince: scopes.optionalInteger(3).map(Timestamp.init(microseconds:))))
    }
    let spends = try prepare(
      "SELECT scope, start, spent, rate, rate_time FROM budget_spend")
    while try spends.step() {
      let rate = Double(bitPattern: UInt64(bitPattern: spends.integer(3)))
      stored.spends.append(
        StoredBudgets.Spend(
          scope: spends.integer(0), start: Timestamp(microseconds: spends.integer(1)),
          spent: spends.integer(2),
          rate: BurnRate(sum: rate, time: Timestamp(microseconds: spends.integer(4)))))
    }
  }

  private func addMarks(to stored: inout StoredBudgets) throws(LedgerError) {
    let marks = try prepare(
      "SELECT budget, value, period, threshold, \"limit\", arm, status, until FROM budget_mark")
    while try marks.step() {
      let mark = BudgetState.Mark(
        threshold: Int32(clamping: marks.integer(3)), limit: marks.integer(4),
        arm: Int32(clamping: marks.integer(5)),
        status: BudgetState.Status(rawValue: marks.integer(6)) ?? .told)
      stored.marks.append(
        StoredBudgets.Mark(
          budget: marks.integer(0), text: marks.text(1), period: marks.integer(2), mark: mark,
          until: Timestamp(microseconds: marks.integer(7))))
    }
  }
}
