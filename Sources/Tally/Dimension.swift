package import Metrics

/// An attribute with an open-ended set of values: each has one vocabulary, whichever labels show it.
package enum Dimension: Int, CaseIterable, Sendable {
  case provider
  case model
  case route
  case deployment
  case powerLevel
  case key
  case team
  case user
  case endUser
  case tag
  /// Names of the configured extra labels, and their values.
  case name
  case value
  /// All extra labels' values of a request together, for the roll-ups.
  case extras
  case source
  case receiver
  case budget
  case threshold

  /// The dimension that a label shows; nil if its values are a list in code.
  package init?(_ label: Label) {
    switch label {
    case .provider, .primaryProvider, .fallbackProvider: self = .provider
    case .model: self = .model
    case .route, .servedRoute: self = .route
    case .deployment: self = .deployment
    case .powerLevel: self = .powerLevel
    case .key: self = .key
    case .team: self = .team
    case .user: self = .user
    case .endUser: self = .endUser
    case .tag: self = .tag
    case .name: self = .name
    case .value: self = .value
    case .source: self = .source
    case .receiver: self = .receiver
    case .budget: self = .budget
    case .threshold: self = .threshold
    default: return nil
    }
  }

  /// The dimension that the ledger and `labels.limits` call so.
  package init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.text == name }) else { return nil }
    self = found
  }

  /// As `labels.limits`, the ledger and `sidelight_values_folded_total` call it.
  package var text: String {
    switch self {
    case .powerLevel: "power_level"
    case .endUser: "end_user"
    default: "\(self)"
    }
  }

  /// Whether users meet it as a label, whose number of values they may limit.
  package var isLabel: Bool {
    switch self {
    case .extras, .name, .source, .receiver, .budget, .threshold: false
    default: true
    }
  }

  /// Whether its values are given by the proxy's configuration, not by clients.
  var isConfigured: Bool {
    switch self {
    case .provider, .model, .route, .deployment: true
    default: false
    }
  }
}
