import Metrics
package import Record
package import Support

/// A counted call to a provider, by label ids: what health is judged by.
package struct CountedAttempt: Sendable {
  package var provider: UInt32
  package var deployment: UInt32
  package var model: UInt32
  package var route: UInt32
  package var end: Timestamp
  package var kind: AttemptKind
  /// Of a failed one.
  package var reason: Reason?
  /// Of a success: how long it took, what it cost if that is known, and its tokens.
  package var latency = TimeSpan(microseconds: 0)
  package var cost: Money?
  package var tokens: Int64 = 0
}

extension TallyState {
  /// Notes the attempt that answered; one that was cancelled says nothing.
  mutating func noteSuccess(_ detail: RequestDetail) {
    let record = detail.record
    guard record.outcome == .success else { return }
    var attempt = CountedAttempt(
      provider: detail.provider, deployment: detail.deployment, model: detail.model,
      route: detail.servedRoute, end: record.end, kind: .success)
    attempt.latency = record.end - (record.attemptStart ?? record.start)
    attempt.cost = detail.cost
    attempt.tokens = record.tokens.total
    attempts.append(attempt)
  }

  /// Counts a provider's change of health.
  package mutating func addTransition(of provider: UInt32, to level: HealthLevel) {
    self[.providerTransitions].add(1, to: [provider, ClosedLabel.level(level), 0, 0])
  }

  /// The id of a name that the proxy's configuration or model list gives, admitted if there is room.
  package mutating func admit(_ dimension: Dimension, _ text: String, day: Int32) -> UInt32 {
    id(dimension, text: text, day: day)
  }
}
