import Health
import Ledger
import Record
import Support
import Tally

/// A change of a provider's or deployment's level, in words.
struct HealthNews: Sendable, Equatable {
  var scope: HealthScope
  /// The provider's or deployment's name.
  var name: String
  /// Who stands behind it.
  var provider: String
  var change: HealthState.Transition
  /// The share of provider faults it was judged by, and of how many attempts.
  var errorRatio: Double?
  var attempts: Int
  /// Why it failed last.
  var reason: Reason?

  init(_ transition: HealthWatch.Transition, labels: LabelSpace) {
    scope = transition.scope
    provider = labels.text(Dimension.provider, transition.provider)
    name =
      scope == .provider ? provider : labels.text(Dimension.deployment, transition.id)
    change = transition.change
    errorRatio = transition.errorRatio
    attempts = Int(transition.evidence.counts.total)
    reason = transition.change.to == .healthy ? nil : transition.lastReason
  }

  /// As the ledger keeps it.
  var event: LedgerEvent {
    LedgerEvent(
      time: change.at, kind: scope == .provider ? .providerHealth : .deploymentHealth,
      subject: name,
      detail: .object([
        "from": .text(change.from.name), "to": .text(change.to.name),
        "recovery": change.isRecovery ? .flag(true) : nil,
        "origin": .text(change.origin.name),
        "provider": scope == .deployment ? .text(provider) : nil,
        "error_ratio": errorRatio.map(JSONValue.number),
        "attempts": .integer(Int64(attempts)), "reason": reason.map { .text($0.name) },
      ]))
  }

  func log() {
    switch change.to {
    case .healthy, .unknown: Log.info(message)
    case .degraded, .unhealthy: Log.warn(message)
    }
  }

  private var message: String {
    var text = "\(scope == .provider ? "provider" : "deployment") \(name.quoted)"
    text += " is \(change.to.name), was \(change.from.name)"
    if let reason { text += "; last failure: \(reason.name)" }
    return text
  }
}
