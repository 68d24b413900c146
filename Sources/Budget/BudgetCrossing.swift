package import Support

/// News of a budget: a threshold was crossed, or the forecast exceeds the limit.
package struct BudgetCrossing: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case threshold = "budget.threshold_crossed"
    case forecast = "budget.forecast_exceeded"
  }

  /// When the spend counts.
  package struct Period: Sendable, Equatable {
    /// `day`, `rolling 24h`.
    package var kind: String
    package var start: Timestamp
    package var end: Timestamp
    package var zone: ZoneInfo
  }

  /// Who spends it.
  package struct Driver: Sendable, Equatable {
    package var provider: String
    package var model: String
    /// In the budget's unit.
    package var spent: Int64

    /// What one model spent.
    package init(provider: String, model: String, spent: Int64) {
      self.provider = provider
      self.model = model
      self.spent = spent
    }
  }

  package var kind: Kind
  /// The same for the same crossing, whatever happens; for others never.
  package var id: String
  /// The rule's place in the configuration.
  package var rule: Int
  package var budget: String
  /// `all`, or the value of `per`.
  package var scope: String
  package var per: BudgetAttribute?
  /// Nil for the forecast.
  package var threshold: Int32?
  package var limit: BudgetLimit
  package var spent: Int64
  package var period: Period
  /// Whether the period was over already.
  package var isLate: Bool
  /// What will be spent at the period's end; nil for rolling windows.
  package var forecast: Int64?
  /// When the limit was found to be spent, or will be; nil if not within the period.
  package var exhaustedAt: Timestamp?
  /// Largest first; empty where the ledger cannot tell.
  package var top: [Driver] = []
  /// Names of receivers.
  package var notify: [String]
  package var at: Timestamp

  /// `spent` in percent of the limit; nil of nothing.
  package var usedPercent: Double? {
    limit.amount > 0 ? Double(spent) / Double(limit.amount) * 100 : nil
  }
}
