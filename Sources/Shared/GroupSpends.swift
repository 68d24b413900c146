import Budget
import Ledger
import Postgres
import Support

/// What a group of requests adds to budgets.
struct GroupSpends {
  private struct Key: Hashable {
    var budget: String
    var text: String
  }

  private struct Scope {
    var period: TimeSpan
    var rate = BurnRate()
    /// By the period's start.
    var spent: [Timestamp: Int64] = [:]
  }

  private var scopes: [Key: Scope] = [:]

  var isEmpty: Bool { scopes.isEmpty }

  mutating func add(_ share: SpooledBatch.Share, _ scope: SpooledBatch.Scope, at end: Timestamp) {
    let key = Key(budget: scope.budget, text: scope.text)
    var sums = scopes.removeValue(forKey: key) ?? Scope(period: scope.period)
    let (sum, overflow) = (sums.spent[share.start] ?? 0).addingReportingOverflow(share.amount)
    sums.spent[share.start] = overflow ? .max : sum
    if scope.period.microseconds > 0 {
      sums.rate.add(share.amount, at: end, period: scope.period)
    }
    scopes[key] = sums
  }

  /// As rows of `new_scope`.
  var scopeRows: CopyRows {
    var rows = CopyRows()
    for (key, scope) in scopes {
      rows.beginRow(columns: 5)
      rows.add(key.budget)
      rows.add(key.text)
      rows.add(scope.rate.sum)
      rows.add(scope.rate.time.microseconds)
      rows.add(BurnRate.halfLife(scope.period))
    }
    return rows
  }

  /// As rows of `new_spend`.
  var spendRows: CopyRows {
    var rows = CopyRows()
    for (key, scope) in scopes {
      for (start, spent) in scope.spent {
        rows.beginRow(columns: 4)
        rows.add(key.budget)
        rows.add(key.text)
        rows.add(start.microseconds)
        rows.add(spent)
      }
    }
    return rows
  }
}

extension ForwardGroup {
  /// Of the requests that were kept.
  var spends: GroupSpends {
    var spends = GroupSpends()
    for request in requests {
      for share in request.shares {
        spends.add(share, scopes[share.scope], at: request.end)
      }
    }
    return spends
  }
}

extension SharedLedger {
  /// Adds to the spend of budgets, within the group's transaction.
  func add(_ spends: GroupSpends) throws(PostgresError) {
    guard !spends.isEmpty else { return }
    try database.copy(
      spends.scopeRows, into: "new_scope(budget, value, rate, rate_time, half_life)")
    try database.copy(spends.spendRows, into: "new_spend(budget, value, start, spent)")
    // A rate fades by half with each half-life: the older one is brought to the later one's time.
    // Beyond 200 half-lives nothing is left of it, and the database would complain of underflow.
    try database.execute(
      """
      INSERT INTO sidelight.budget(identity, forgotten)
      SELECT DISTINCT n.budget, -9223372036854775808 FROM new_scope n
        LEFT JOIN sidelight.budget b ON b.identity = n.budget
      WHERE b.id IS NULL ORDER BY 1 ON CONFLICT (identity) DO NOTHING;
      INSERT INTO sidelight.budget_scope AS s
        (budget, value, rate, rate_time, half_life, version)
      SELECT b.id, n.value, n.rate, n.rate_time, n.half_life, 1
      FROM new_scope n JOIN sidelight.budget b ON b.identity = n.budget ORDER BY 1, 2
      ON CONFLICT (budget, value) DO UPDATE SET
        version = s.version + 1, half_life = excluded.half_life,
        rate_time = greatest(s.rate_time, excluded.rate_time),
        rate = CASE WHEN excluded.half_life <= 0 THEN 0
          WHEN excluded.rate_time > s.rate_time THEN excluded.rate + s.rate * power(2,
            greatest(-200, (s.rate_time - excluded.rate_time) / excluded.half_life))
          ELSE s.rate + excluded.rate * power(2,
            greatest(-200, (excluded.rate_time - s.rate_time) / excluded.half_life)) END;
      INSERT INTO sidelight.budget_spend AS p (scope, start, spent)
      SELECT s.id, n.start, n.spent FROM new_spend n
        JOIN sidelight.budget b ON b.identity = n.budget
        JOIN sidelight.budget_scope s ON s.budget = b.id AND s.value = n.value
      ORDER BY 1, 2
      ON CONFLICT (scope, start) DO UPDATE SET
        spent = least(9223372036854775807, p.spent::numeric + excluded.spent)::bigint
      """)
  }
}
