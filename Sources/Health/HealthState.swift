package import Record
package import Support

/// What the proxy's own health check said, and when.
package struct ProbeVerdict: Sendable, Equatable {
  package var level: HealthLevel
  package var at: Timestamp

  /// A verdict.
  package init(level: HealthLevel, at: Timestamp) {
    self.level = level
    self.at = at
  }
}

/// How a provider or deployment does: a pure state machine that evidence, probes and time drive.
///
/// Between its bounds a state holds (hysteresis), and so it does without new evidence, until it is
/// forgotten.
package struct HealthState: Sendable, Equatable {
  package private(set) var level = HealthLevel.unknown
  /// The worst level since it was healthy last, `unknown` not counted: what it recovers from.
  package private(set) var worst = HealthLevel.healthy
  package private(set) var origin = HealthOrigin.traffic
  /// When it came to this level; nil until something was heard of it.
  package private(set) var since: Timestamp?
  /// When something was last heard of it.
  package private(set) var lastEvidence: Timestamp?
  /// Evidence before this second counts no more: it went down or came back since.
  package private(set) var evidenceFrom: Int64 = 0

  /// A change of level.
  package struct Transition: Sendable, Equatable {
    package var from: HealthLevel
    package var to: HealthLevel
    /// The worst level since it was healthy before.
    package var worst: HealthLevel
    package var origin: HealthOrigin
    package var at: Timestamp
  }

  /// Nothing is known.
  package init() {}

  /// Takes over what the ledger keeps.
  package init(_ stored: StoredHealth) {
    level = stored.level
    worst = stored.worst
    origin = stored.origin
    since = stored.since
    lastEvidence = stored.lastEvidence
    evidenceFrom = stored.evidenceFrom
  }

  /// Forms the level at `now` and tells if it is another one.
  package mutating func judge(
    _ evidence: Evidence, probe: ProbeVerdict? = nil, bounds: HealthBounds, now: Timestamp
  ) -> Transition? {
    let probe = probe.flatMap { now - $0.at < bounds.forgetAfter ? $0 : nil }
    lastEvidence = [lastEvidence, evidence.latest, probe?.at].compactMap { $0 }.max()
    guard let lastEvidence, now - lastEvidence < bounds.forgetAfter else {
      return enter(.unknown, from: .traffic, at: now)
    }
    let trafficDecides =
      evidence.inWindow >= UInt32(bounds.minAttempts) || evidence.isFailing(bounds)
    if let probe, !trafficDecides {
      // A verdict older than the latest attempt decides nothing anew, but what rests on a verdict
      // is not overturned by fewer attempts than a ratio takes.
      if evidence.latest.map({ probe.at > $0 }) ?? true {
        return enter(probe.level, from: .probe, at: now)
      }
      if origin == .probe, level != .unknown { return nil }
    }
    guard let level = trafficLevel(evidence, bounds) else { return nil }
    if level == .unhealthy, self.level != .unhealthy, evidence.isFailing(bounds) {
      // A single success would show it degraded by what was before the outage.
      evidenceFrom = max(evidenceFrom, evidence.failing.first)
    }
    if level == .healthy, self.level != .healthy, evidence.isSucceeding(bounds, from: self.level) {
      // What it came back from is no evidence any more: one fault would throw it back at once.
      evidenceFrom = max(evidenceFrom, evidence.succeeding.first)
    }
    return enter(level, from: .traffic, at: now)
  }

  /// Whether it was formed at a time that is still to come.
  func isLater(than time: Timestamp) -> Bool {
    max(since ?? time, lastEvidence ?? time) > time || evidenceFrom > time.second
  }

  /// The clock was set back: what seemed to be in the future is now.
  package mutating func setBack(to now: Timestamp) {
    since = since.map { min($0, now) }
    lastEvidence = lastEvidence.map { min($0, now) }
    evidenceFrom = 0
  }

  /// The level by traffic alone; nil: as it is.
  private func trafficLevel(_ evidence: Evidence, _ bounds: HealthBounds) -> HealthLevel? {
    if evidence.isSucceeding(bounds, from: level) { return .healthy }
    if evidence.isFailing(bounds) { return .unhealthy }
    guard evidence.counts.total >= UInt32(bounds.minAttempts),
      let ratio = evidence.errorRatio(rateLimitedWeight: bounds.rateLimitedWeight),
      let fullRatio = evidence.errorRatio(rateLimitedWeight: 1)
    else { return level == .unknown && evidence.counts.answered > 0 ? .healthy : nil }
    let lowered = 1 - bounds.hysteresis
    let isUnhealthy = level == .unhealthy
    if ratio >= bounds.unhealthyRatio * (isUnhealthy ? lowered : 1) { return .unhealthy }
    let isImpaired = isUnhealthy || level == .degraded
    return fullRatio >= bounds.degradedRatio * (isImpaired ? lowered : 1) ? .degraded : .healthy
  }

  private mutating func enter(
    _ next: HealthLevel, from source: HealthOrigin, at now: Timestamp
  ) -> Transition? {
    if next != .unknown { origin = source }
    guard next != level else { return nil }
    let transition = Transition(from: level, to: next, worst: worst, origin: origin, at: now)
    level = next
    since = now
    switch next {
    case .healthy: worst = .healthy
    case .degraded, .unhealthy: worst = HealthLevel.worse(worst, next)
    case .unknown: break
    }
    return transition
  }
}

extension HealthState.Transition {
  /// Whether it is well again after it was unhealthy.
  package var isRecovery: Bool { to == .healthy && worst == .unhealthy }
}

extension HealthLevel {
  fileprivate static func worse(_ left: HealthLevel, _ right: HealthLevel) -> HealthLevel {
    left.rawValue > right.rawValue ? left : right
  }
}

extension Evidence {
  /// Provider faults went on for a while without an answer among them.
  fileprivate func isFailing(_ bounds: HealthBounds) -> Bool {
    failing.count >= UInt32(bounds.downFaults) && failing.length >= bounds.downAfter
  }

  /// Successes went on for a while without a provider fault: from `degraded` so many that a
  /// provider which goes on failing as often as one that stays degraded would not have had them.
  fileprivate func isSucceeding(_ bounds: HealthBounds, from level: HealthLevel) -> Bool {
    var least = bounds.recoverAttempts
    if level == .degraded {
      let gap = 1 / (bounds.degradedRatio * (1 - bounds.hysteresis))
      least = max(least, Int(min(gap, 1e6)) + 1)
    }
    return succeeding.count >= UInt32(least) && succeeding.length >= bounds.recoverAfter
  }
}
