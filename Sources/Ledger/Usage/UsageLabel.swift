package import Tally

/// A label that usage can be told apart by.
package enum UsageLabel: Hashable, Sendable {
  case provider
  case model
  case route
  case powerLevel
  case key
  case team
  case status
  /// Kept with `status` alone: they have too many values to be crossed with the others.
  case user
  case endUser
  case tag
  /// Known of single requests only.
  case deployment
  case servedRoute
  case reason
  /// One of the configured extra labels.
  case extra(String)

  /// All but the configured ones.
  package static let fixed: [UsageLabel] = [
    .provider, .model, .route, .powerLevel, .key, .team, .status, .user, .endUser, .tag,
    .deployment, .servedRoute, .reason,
  ]

  /// As metrics, questions and answers call it.
  package var name: String {
    switch self {
    case .powerLevel: "power_level"
    case .endUser: "end_user"
    case .servedRoute: "served_route"
    case .extra(let name): name
    default: "\(self)"
    }
  }

  /// The label called so; `extras` are the configured ones.
  package init?(name: String, extras: [String]) {
    if let label = Self.fixed.first(where: { $0.name == name }) {
      self = label
    } else if extras.contains(name) {
      self = .extra(name)
    } else {
      return nil
    }
  }

  /// Which roll-ups keep it apart from the others.
  package var side: SideRollupKey.Side? {
    switch self {
    case .user: .user
    case .endUser: .endUser
    case .tag: .tag
    default: nil
    }
  }

  /// Whether the roll-ups do not know it.
  package var isOfRequestsOnly: Bool {
    switch self {
    case .deployment, .servedRoute, .reason: true
    default: false
    }
  }

  /// The vocabulary of its values; nil where they are a list in code.
  var dimension: Dimension? {
    switch self {
    case .provider: .provider
    case .model: .model
    case .route, .servedRoute: .route
    case .powerLevel: .powerLevel
    case .key: .key
    case .team: .team
    case .user: .user
    case .endUser: .endUser
    case .tag: .tag
    case .deployment: .deployment
    case .extra: .extras
    case .status, .reason: nil
    }
  }
}
