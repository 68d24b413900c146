import Health
import Record
import Support
import Tally

/// `GET /api/v1/providers`: who is well, since when, and what that rests on.
struct ProvidersAnswer {
  let live: Publisher.Live
  let now: Timestamp

  var json: JSONValue {
    guard let labels = live.labels else { return .object(["providers": .list([])]) }
    let deployments = live.health.filter { $0.scope == .deployment }
    let providers = live.health.filter { $0.scope == .provider }.map { subject in
      let name = labels.text(Dimension.provider, subject.id)
      let own = deployments.filter { $0.provider == subject.id }.map { deployment in
        (
          name: labels.text(Dimension.deployment, deployment.id),
          json: json(of: deployment, labels)
        )
      }
      let members =
        [JSONValue.Member("provider", .text(name))] + state(of: subject) + [
          .init("rateLimits", rateLimits(of: subject.id, labels)),
          .init("deployments", .list(own.sorted { $0.name < $1.name }.map(\.json))),
        ]
      return (name: name, json: JSONValue.object(members))
    }
    return .object([
      "time": .time(now),
      "providers": .list(providers.sorted { $0.name < $1.name }.map(\.json)),
    ])
  }

  private func json(of deployment: HealthSubject, _ labels: LabelSpace) -> JSONValue {
    .object(
      [
        .init("deployment", .text(labels.text(Dimension.deployment, deployment.id))),
        .init("route", .text(labels.text(Dimension.route, deployment.route))),
        .init("model", .text(labels.text(Dimension.model, deployment.model))),
      ] + state(of: deployment))
  }

  /// What is not known reads null.
  private func state(of subject: HealthSubject) -> [JSONValue.Member] {
    let state = subject.state
    let isJudged = subject.evidence.counts.total > 0
    return [
      .init("state", .text(state.level.name)),
      .init("health", state.level.gauge.map(JSONValue.number) ?? .null),
      .init("since", state.since.map(JSONValue.time) ?? .null),
      // Whether traffic or the proxy's own health check says so.
      .init("origin", state.level == .unknown ? .null : .text(state.origin.name)),
      .init("lastHeard", state.lastEvidence.map(JSONValue.time) ?? .null),
      .init("attempts", .integer(Int64(subject.evidence.counts.total))),
      .init("errorRatio", isJudged ? subject.errorRatio.map(JSONValue.number) ?? .null : .null),
      .init(
        "rateLimitedRatio", subject.evidence.rateLimitedRatio.map(JSONValue.number) ?? .null),
      .init("lastFailure", lastFailure(of: subject)),
    ]
  }

  private func lastFailure(of subject: HealthSubject) -> JSONValue {
    guard let reason = subject.lastReason, let time = subject.lastFault else { return .null }
    return .object(["reason": .text(reason.name), "time": .time(time)])
  }

  /// What the provider said lately of its limits.
  private func rateLimits(of provider: UInt32, _ labels: LabelSpace) -> JSONValue {
    let entries = live.rateLimits.filter {
      $0.provider == provider && now - $0.seen <= RateLimitBoard.freshFor
    }
    return .list(
      entries.map { entry in
        .object([
          "model": .text(labels.text(Dimension.model, entry.model)),
          "remainingRequests": entry.limit.remainingRequests.map(JSONValue.integer),
          "limitRequests": entry.limit.limitRequests.map(JSONValue.integer),
          "remainingTokens": entry.limit.remainingTokens.map(JSONValue.integer),
          "limitTokens": entry.limit.limitTokens.map(JSONValue.integer),
          "seen": .time(entry.seen),
        ])
      })
  }
}
