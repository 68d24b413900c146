package import Support

/// What the ledger keeps of budgets.
package struct StoredBudgets: Sendable, Equatable {
  /// One budget of the configuration, by its identity.
  package struct Budget: Sendable, Equatable {
    package var id: Int64
    package var identity: String
    /// The limit by which thresholds were last judged; nil before the first time.
    package var limit: Int64?
    /// Whether its spend is complete. If not, it is to be taken from the requests in the ledger.
    package var isFilled: Bool
    /// Spend of periods that ended before this was dropped.
    package var forgotten: Timestamp

    /// One row.
    package init(
      id: Int64, identity: String, limit: Int64?, isFilled: Bool,
      forgotten: Timestamp = Timestamp(microseconds: .min)
    ) {
      self.id = id
      self.identity = identity
      self.limit = limit
      self.isFilled = isFilled
      self.forgotten = forgotten
    }
  }

  /// One value of a budget's `per`.
  package struct Scope: Sendable, Equatable {
    package var id: Int64
    package var budget: Int64
    package var text: String
    package var exceedsSince: Timestamp?

    /// One row.
    package init(id: Int64, budget: Int64, text: String, exceedsSince: Timestamp?) {
      self.id = id
      self.budget = budget
      self.text = text
      self.exceedsSince = exceedsSince
    }
  }

  /// What was spent in one period or step, and the rate when that was written.
  package struct Spend: Sendable, Equatable {
    package var scope: Int64
    package var start: Timestamp
    package var spent: Int64
    package var rate: BurnRate

    /// One row.
    package init(scope: Int64, start: Timestamp, spent: Int64, rate: BurnRate) {
      self.scope = scope
      self.start = start
      self.spent = spent
      self.rate = rate
    }
  }

  /// A threshold's mark.
  package struct Mark: Sendable, Equatable {
    package var budget: Int64
    package var text: String
    /// Of a calendar period its start in microseconds; of a rolling window the scope's id.
    package var period: Int64
    package var mark: BudgetState.Mark
    /// When it may be forgotten; far away for a rolling window's.
    package var until: Timestamp

    /// One row.
    package init(
      budget: Int64, text: String, period: Int64, mark: BudgetState.Mark, until: Timestamp
    ) {
      self.budget = budget
      self.text = text
      self.period = period
      self.mark = mark
      self.until = until
    }
  }

  /// One for each rule, in the order of the rules.
  package var budgets: [Budget] = []
  package var scopes: [Scope] = []
  package var spends: [Spend] = []
  package var marks: [Mark] = []
  /// No scope ever had this id, or a higher one.
  package var nextScope: Int64 = 1
  /// Keys the crossings' ids, so that two ledgers never give the same.
  package var secret: [UInt8] = []

  /// Nothing.
  package init() {}
}

/// What an evaluation changed, to be written with the batch.
package struct BudgetChanges: Sendable, Equatable {
  package var scopes: [StoredBudgets.Scope] = []
  package var removedScopes: [Int64] = []
  package var spends: [StoredBudgets.Spend] = []
  package var removedSpends: [(scope: Int64, start: Timestamp)] = []
  package var marks: [StoredBudgets.Mark] = []
  package var budgets: [StoredBudgets.Budget] = []

  /// Nothing changed.
  package init() {}

  package var isEmpty: Bool { self == BudgetChanges() }

  package static func == (left: BudgetChanges, right: BudgetChanges) -> Bool {
    left.scopes == right.scopes && left.removedScopes == right.removedScopes
      && left.spends == right.spends && left.marks == right.marks
      && left.budgets == right.budgets
      && left.removedSpends.elementsEqual(right.removedSpends, by: ==)
  }
}
