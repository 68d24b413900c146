package import Support

/// How a provider or deployment does.
package enum HealthLevel: UInt8, CaseIterable, Sendable {
  case healthy
  case degraded
  case unhealthy
  /// Nothing was heard of it for long, or ever.
  case unknown

  /// The value of the `state` and `to` labels.
  package var name: String {
    switch self {
    case .healthy: "healthy"
    case .degraded: "degraded"
    case .unhealthy: "unhealthy"
    case .unknown: "unknown"
    }
  }

  /// What `llm_provider_health` shows; nil while unknown.
  package var gauge: Double? {
    switch self {
    case .healthy: 1
    case .degraded: 0.5
    case .unhealthy: 0
    case .unknown: nil
    }
  }
}

/// What a level rests on.
package enum HealthOrigin: UInt8, CaseIterable, Sendable {
  case traffic
  /// The proxy's own health check.
  case probe

  package var name: String { self == .traffic ? "traffic" : "probe" }
}

/// What health is kept of.
package enum HealthScope: UInt8, CaseIterable, Sendable {
  case provider
  case deployment
}

/// Health as the ledger keeps it, by label ids.
package struct StoredHealth: Sendable, Equatable {
  package var scope: HealthScope
  package var id: UInt32
  /// Who stands behind a deployment; a provider's own id is here too.
  package var provider: UInt32
  package var model: UInt32 = 0
  package var route: UInt32 = 0
  package var level = HealthLevel.unknown
  /// The worst level since it was healthy last.
  package var worst = HealthLevel.healthy
  package var origin = HealthOrigin.traffic
  /// When it came to this level.
  package var since: Timestamp?
  /// When something was last heard of it.
  package var lastEvidence: Timestamp?
  /// Evidence before this second since 1970 counts no more.
  package var evidenceFrom: Int64 = 0
  /// Why it failed last, and when.
  package var lastReason: Reason?
  package var lastFault: Timestamp?

  /// Something of which nothing is known.
  package init(scope: HealthScope, id: UInt32, provider: UInt32) {
    self.scope = scope
    self.id = id
    self.provider = provider
  }
}

/// The attempts of a provider or deployment that ended within one second.
package struct StoredEvidence: Sendable, Equatable {
  package var scope: HealthScope
  package var id: UInt32
  /// Since 1970.
  package var second: Int64
  package var counts: AttemptCounts

  /// One second's.
  package init(scope: HealthScope, id: UInt32, second: Int64, counts: AttemptCounts) {
    self.scope = scope
    self.id = id
    self.second = second
    self.counts = counts
  }
}

/// What an attempt says of the provider.
package enum AttemptKind: Sendable {
  case success
  case callerFault
  case rateLimited
  /// A provider fault other than a rate limit.
  case failure

  /// Nil where policy or the gateway is to blame: the provider was not heard.
  package init?(_ reason: Reason) {
    switch reason.fault {
    case .provider: self = reason == .rateLimited ? .rateLimited : .failure
    case .caller: self = .callerFault
    case .policy, .gateway: return nil
    }
  }
}

/// Attempts by what they say of the provider.
package struct AttemptCounts: Sendable, Equatable {
  package var successes: UInt32 = 0
  /// Refused because of what the caller sent: the provider was there to refuse it.
  package var callerFaults: UInt32 = 0
  package var rateLimited: UInt32 = 0
  /// Provider faults other than rate limits.
  package var failures: UInt32 = 0

  /// No attempts.
  package init() {}

  package var total: UInt32 { successes &+ callerFaults &+ rateLimited &+ failures }
  /// Every fault of the provider, rate limits included.
  package var faults: UInt32 { rateLimited &+ failures }
  package var answered: UInt32 { successes &+ callerFaults }

  /// Counts one attempt.
  package mutating func add(_ kind: AttemptKind) {
    switch kind {
    case .success: successes &+= 1
    case .callerFault: callerFaults &+= 1
    case .rateLimited: rateLimited &+= 1
    case .failure: failures &+= 1
    }
  }

  package static func += (left: inout AttemptCounts, right: AttemptCounts) {
    left.successes &+= right.successes
    left.callerFaults &+= right.callerFaults
    left.rateLimited &+= right.rateLimited
    left.failures &+= right.failures
  }
}

/// What a batch changed of health.
package struct HealthChanges: Sendable, Equatable {
  package var states: [StoredHealth] = []
  package var evidence: [StoredEvidence] = []

  /// No change.
  package init() {}
}
