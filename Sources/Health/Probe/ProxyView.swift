package import Support

/// What the probes of the proxy have found, each part with the time it was found at.
///
/// A part that could not be asked for lately stays as it was: whoever uses it looks at its age.
package struct ProxyView: Sendable, Equatable {
  /// One entry of the proxy's model list.
  package struct Deployment: Sendable, Equatable {
    /// LiteLLM's `model_info.id`.
    package var id: String
    /// LiteLLM's `model_name`: what clients ask for.
    package var route: String
    /// As LiteLLM spells it; empty if it cannot be told.
    package var provider: String
    /// Without the provider.
    package var model: String
    /// Whether its tokens cost nothing; nil if the list does not say.
    package var isFree: Bool?

    /// One entry.
    package init(id: String, route: String, provider: String, model: String, isFree: Bool? = nil) {
      self.id = id
      self.route = route
      self.provider = provider
      self.model = model
      self.isFree = isFree
    }
  }

  /// What the proxy's own health check says of all deployments of a provider together.
  package enum Verdict: String, Sendable, CaseIterable {
    case allUp
    case someDown
    case allDown
  }

  /// What the proxy's own health check says of one deployment.
  package struct Check: Sendable, Equatable {
    /// Empty if the check could not be joined to the model list.
    package var deployment: String
    /// Empty if it cannot be told.
    package var provider: String
    package var isUp: Bool
    /// Of the failed call, such as 401.
    package var status: Int?

    /// One deployment's.
    package init(deployment: String, provider: String, isUp: Bool, status: Int? = nil) {
      self.deployment = deployment
      self.provider = provider
      self.isUp = isUp
      self.status = status
    }
  }

  /// Whether it says that it is alive and ready; nil until asked.
  package var isUp: Bool?
  /// When that was last asked.
  package var askedAt: Timestamp?
  /// Such as `1.106.2`; it is told only to who has a key.
  package var version: String?
  /// The model list, in the proxy's order.
  package var deployments: [Deployment] = []
  /// When the list was fetched; nil if it never was.
  package var listedAt: Timestamp?
  /// The last answer of `/health`; empty unless `cached` or `live` applies.
  package var checks: [Check] = []
  /// When that answer came.
  package var checkedAt: Timestamp?

  /// Routes that the proxy's configuration file names.
  package var declaredRoutes: [String] = []

  /// Nothing is known.
  package init() {}

  /// The verdict on a provider, with the time it was found at; nil without one.
  package func verdict(on provider: String) -> (verdict: Verdict, at: Timestamp)? {
    guard let checkedAt else { return nil }
    let checks = checks.filter { $0.provider == provider }
    let up = checks.count(where: \.isUp)
    switch (up, checks.count) {
    case (_, 0): return nil
    case (0, _): return (.allDown, checkedAt)
    case (let up, let all): return (up == all ? .allUp : .someDown, checkedAt)
    }
  }

  /// Every provider of the model list, each once, sorted.
  package var providers: [String] {
    Set(deployments.map(\.provider)).subtracting([""]).sorted()
  }

  /// Every route of the model list or the file that a client can ask for by this name, each once,
  /// sorted.
  package var routes: [String] {
    Set(deployments.map(\.route)).union(declaredRoutes)
      .filter { !$0.isEmpty && !$0.contains("*") }.sorted()
  }
}
