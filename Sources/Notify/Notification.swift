package import Support

/// Something that people are told, once for each receiver.
///
/// It is stored as it is until it was delivered, so that a retry after a restart says the same.
package struct Notification: Sendable, Equatable, Codable {
  /// The same for the same thing, whoever finds it and however often; receivers tell repetitions
  /// by it.
  package var id: String
  /// When it happened.
  package var time: Timestamp
  /// What the Sidelight that found it calls itself.
  package var instance: String
  package var content: Content

  /// What it is about.
  package enum Content: Sendable, Equatable, Codable {
    /// Spend has reached a share of its limit.
    case thresholdCrossed(BudgetNotice, percent: Int)
    /// Spend will exceed its limit before the period ends.
    case forecastExceeded(BudgetNotice)
    case providerUnhealthy(ProviderNotice)
    case providerRecovered(ProviderNotice)
    /// What `sidelight notify` sends.
    case test
  }

  /// A notification with an id of its own making; see `stableID`.
  package init(id: String, time: Timestamp, instance: String, content: Content) {
    self.id = id
    self.time = time
    self.instance = instance
    self.content = content
  }

  /// What is told under one key reaches each receiver in order.
  package var orderingKey: String {
    switch content {
    case .thresholdCrossed(let notice, _), .forecastExceeded(let notice):
      "budget\u{1F}\(notice.budget)\u{1F}\(notice.scope)"
    case .providerUnhealthy(let notice), .providerRecovered(let notice):
      "provider\u{1F}\(notice.provider)"
    case .test: "test"
    }
  }

  /// The kind in words that programs know, such as `budget.threshold_crossed`.
  package var kind: Kind {
    switch content {
    case .thresholdCrossed: .thresholdCrossed
    case .forecastExceeded: .forecastExceeded
    case .providerUnhealthy: .providerUnhealthy
    case .providerRecovered: .providerRecovered
    case .test: .test
    }
  }

  package enum Kind: String, Sendable, CaseIterable {
    case thresholdCrossed = "budget.threshold_crossed"
    case forecastExceeded = "budget.forecast_exceeded"
    case providerUnhealthy = "provider.unhealthy"
    case providerRecovered = "provider.recovered"
    case test
  }
}

/// A budget at the moment of which people are told.
package struct BudgetNotice: Sendable, Equatable, Codable {
  package var budget: String
  /// `all`, or the value of what the budget is `per`.
  package var scope: String
  /// What the scope is a value of, such as `key`; nil for a budget over all that it matches.
  package var per: String?
  package var unit: Unit
  /// In `unit`'s smallest parts.
  package var limit: Int64
  /// In `unit`'s smallest parts.
  package var spent: Int64
  package var period: Period
  /// Found after the period's end.
  package var isLate = false
  /// What will be spent by the period's end, in `unit`'s smallest parts; nil if it is not known.
  package var forecast: Int64?
  /// When the limit is or was reached; nil if it will not be, or nobody knows.
  package var exhausted: ZonedTime?
  /// What drives it, most first.
  package var top: [Share] = []

  /// What is measured; `usd` counts nano-dollars.
  package enum Unit: String, Sendable, Codable {
    case usd
    case requests
    case tokens

    /// Decimal digits behind the point.
    package var decimals: Int { self == .usd ? 9 : 0 }
  }

  package struct Period: Sendable, Equatable, Codable {
    /// `minute`, `hour`, `day`, `week`, `month`, or such as `rolling 24h`.
    package var kind: String
    package var start: ZonedTime
    package var end: ZonedTime
    /// As in the configuration, such as `Europe/Berlin`.
    package var timezone: String

    package init(kind: String, start: ZonedTime, end: ZonedTime, timezone: String) {
      self.kind = kind
      self.start = start
      self.end = end
      self.timezone = timezone
    }
  }

  /// What one model spent of it.
  package struct Share: Sendable, Equatable, Codable {
    package var provider: String
    package var model: String
    /// In the budget's unit.
    package var spent: Int64

    package init(provider: String, model: String, spent: Int64) {
      self.provider = provider
      self.model = model
      self.spent = spent
    }
  }

  /// A budget in time, without a forecast, and with nothing known to drive it.
  package init(
    budget: String, scope: String = "all", per: String? = nil, unit: Unit, limit: Int64,
    spent: Int64,
    period: Period
  ) {
    self.budget = budget
    self.scope = scope
    self.per = per
    self.unit = unit
    self.limit = limit
    self.spent = spent
    self.period = period
  }

  /// Percent of the limit; nil for a limit of nothing.
  package var usedPercent: Double? {
    limit > 0 ? Double(spent) / Double(limit) * 100 : nil
  }
}

/// A change in a provider's health.
package struct ProviderNotice: Sendable, Equatable, Codable {
  package var provider: String
  /// `healthy`, `degraded` or `unhealthy`.
  package var state: String
  /// The state before.
  package var previous: String
  /// When the state began, which is before people are told of it.
  package var since: Timestamp
  /// Weighted share of attempts that failed, 0 to 1; nil if there were none.
  package var errorRatio: Double?
  /// What most of them failed with, such as `rate_limited`; empty if nothing failed.
  package var reason: String

  package init(
    provider: String, state: String, previous: String, since: Timestamp, errorRatio: Double? = nil,
    reason: String = ""
  ) {
    self.provider = provider
    self.state = state
    self.previous = previous
    self.since = since
    self.errorRatio = errorRatio.flatMap { $0.isFinite ? $0 : nil }
    self.reason = reason
  }
}

/// A point in time and how far its time zone's clocks are then ahead of UTC.
package struct ZonedTime: Sendable, Equatable, Codable {
  package var time: Timestamp
  package var offset: TimeSpan

  package init(_ time: Timestamp, offset: TimeSpan = .seconds(0)) {
    self.time = time
    self.offset = offset
  }

  /// What the zone's clocks show.
  package var civil: CivilTime { CivilTime(time, offset: offset) }
}
