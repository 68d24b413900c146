/// What LiteLLM's own configuration file declares.
package struct ProxyDeclaration: Sendable, Equatable {
  /// Where a request goes on when its route has failed.
  package struct Chain: Sendable, Equatable {
    /// Which failures it is for.
    package enum Cause: String, Sendable, CaseIterable {
      case any
      case contextWindow = "context window"
      case contentPolicy = "content policy"
    }

    package var cause: Cause
    /// `*` for every route that has none of its own.
    package var route: String
    /// Routes, in order.
    package var targets: [String]

    /// One chain.
    package init(_ cause: Cause, _ route: String, _ targets: [String]) {
      self.cause = cause
      self.route = route
      self.targets = targets
    }
  }

  /// `model_list`; an entry without an id has an empty one.
  package var deployments: [ProxyView.Deployment] = []
  /// Other names of routes: `router_settings.model_group_alias`.
  package var aliases: [String: String] = [:]
  /// The first that is declared for a cause and route counts.
  package var chains: [Chain] = []
  /// `general_settings.background_health_checks`.
  package var checksInBackground = false

  /// Nothing is declared.
  package init() {}

  /// Every name that a client can ask for, each once, sorted.
  package var routes: [String] {
    let names = Set(deployments.map(\.route)).union(aliases.keys)
    return names.filter { !$0.isEmpty && !$0.contains("*") }.sorted()
  }
}
