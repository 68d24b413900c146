package import Record
package import Support

/// A provider or deployment, by label ids, with its state and what that rests on.
package struct HealthSubject: Sendable {
  package let scope: HealthScope
  package let id: UInt32
  /// Who stands behind a deployment.
  package private(set) var provider: UInt32
  package private(set) var model: UInt32 = 0
  package private(set) var route: UInt32 = 0
  package let bounds: HealthBounds
  package internal(set) var state = HealthState()
  /// What it was judged by last.
  package internal(set) var evidence = Evidence()
  package internal(set) var probe: ProbeVerdict?
  package private(set) var lastReason: Reason?
  package private(set) var lastFault: Timestamp?
  var isChanged = false

  init(scope: HealthScope, id: UInt32, provider: UInt32, bounds: HealthBounds) {
    self.scope = scope
    self.id = id
    self.provider = provider
    self.bounds = bounds
  }

  /// The share of provider faults that `unhealthy` is decided by.
  package var errorRatio: Double? {
    evidence.errorRatio(rateLimitedWeight: bounds.rateLimitedWeight)
  }

  mutating func place(provider: UInt32, model: UInt32, route: UInt32) {
    if provider != 0 { self.provider = provider }
    if model != 0 { self.model = model }
    if route != 0 { self.route = route }
  }

  mutating func failed(_ reason: Reason?, at time: Timestamp) {
    guard lastFault.map({ time >= $0 }) ?? true else { return }
    lastFault = time
    lastReason = reason
  }

  mutating func restore(_ stored: StoredHealth) {
    place(provider: stored.provider, model: stored.model, route: stored.route)
    state = HealthState(stored)
    lastReason = stored.lastReason
    lastFault = stored.lastFault
  }

  var stored: StoredHealth {
    var stored = StoredHealth(scope: scope, id: id, provider: provider)
    stored.model = model
    stored.route = route
    stored.level = state.level
    stored.worst = state.worst
    stored.origin = state.origin
    stored.since = state.since
    stored.lastEvidence = state.lastEvidence
    stored.evidenceFrom = state.evidenceFrom
    stored.lastReason = lastReason
    stored.lastFault = lastFault
    return stored
  }
}
