package import Support

/// What of a request budgets can match, and be kept for each value of.
package enum BudgetAttribute: Sendable, Hashable {
  case provider
  case model
  case route
  case servedRoute
  case deployment
  case powerLevel
  /// The alias, or the first 8 digits of the key's hash.
  case key
  case team
  case user
  case endUser
  case tag
  /// A label of the user's own, from `labels.extra`.
  case extra(String)

  /// All but the user's own.
  package static let labels: [BudgetAttribute] = [
    .provider, .model, .route, .servedRoute, .deployment, .powerLevel, .key, .team, .user,
    .endUser, .tag,
  ]

  /// Those that `per` knows.
  package static let scopes: [BudgetAttribute] = [
    .key, .team, .user, .endUser, .provider, .model, .route, .tag,
  ]

  /// As the configuration calls it.
  package var text: String {
    switch self {
    case .servedRoute: "served_route"
    case .powerLevel: "power_level"
    case .endUser: "end_user"
    case .extra(let name): name
    default: "\(self)"
    }
  }

  /// How few requests share a value, roughly: rules are found by their rarest.
  var rarity: Int {
    switch self {
    case .endUser: 0
    case .user: 1
    case .key: 2
    case .tag: 3
    case .extra: 4
    case .team: 5
    case .deployment: 6
    case .model: 7
    case .route, .servedRoute: 8
    case .provider: 9
    case .powerLevel: 10
    }
  }
}

/// One line of `match`: the attribute has to match one of the patterns.
package struct BudgetMatch: Sendable, Hashable {
  package var attribute: BudgetAttribute
  package var patterns: [Glob]

  /// What an attribute has to match.
  package init(_ attribute: BudgetAttribute, _ patterns: [Glob]) {
    self.attribute = attribute
    self.patterns = patterns
  }
}

/// One entry of `budgets:` in the configuration.
package struct BudgetRule: Sendable, Equatable {
  /// What the gate answers while the ledger cannot be written.
  package enum OnError: String, Sendable, CaseIterable {
    case allow
    case deny
  }

  package var name = ""
  package var limit = BudgetLimit(0, .usd)
  package var period = BudgetPeriod.calendar(.day)
  package var zone = ZoneInfo.utc
  /// In percent of the limit, ascending.
  package var thresholds: [Int32] = [50, 80, 100]
  /// All of them have to match; none is all spend.
  package var match: [BudgetMatch] = []
  /// A budget for each value of this.
  package var per: BudgetAttribute?
  /// Names of receivers.
  package var notify: [String] = []
  /// Also tell when the projected spend exceeds the limit.
  package var forecast = false
  package var gateOnError = OnError.allow

  /// A budget without a name, of nothing a day.
  package init() {}

  /// The highest threshold.
  package static let largestThreshold: Int32 = 10_000

  /// What makes it this budget: with another text its spend and its crossings are others'.
  package var identity: String {
    let match = match.map { line in
      "\(line.attribute.text)=\(line.patterns.map(\.text).sorted().joined(separator: "\u{1}"))"
    }
    let zone = period.isRolling ? "" : zone.name
    let parts = [name, limit.unit.rawValue, period.text, zone, per?.text ?? ""] + match.sorted()
    return parts.joined(separator: "\u{2}")
  }
}

extension BudgetRule {
  /// The rule for texts as labels show them: patterns without `*` and `?` match those as well.
  package func reading(_ label: (BudgetAttribute, String) -> String) -> BudgetRule {
    var rule = self
    for place in rule.match.indices {
      let attribute = rule.match[place].attribute
      rule.match[place].patterns += rule.match[place].patterns.filter(\.isLiteral).map {
        Glob(label(attribute, $0.text))
      }
    }
    return rule
  }
}

/// A pattern in which `*` stands for any text and `?` for one character.
package struct Glob: Sendable, Hashable {
  package let text: String
  private let scalars: [Unicode.Scalar]

  /// Any text is a pattern.
  package init(_ text: String) {
    self.text = text
    scalars = Array(text.unicodeScalars)
  }

  /// Whether only one text matches.
  package var isLiteral: Bool { !scalars.contains { $0 == "*" || $0 == "?" } }

  /// Whether all of `candidate` matches. What reads `none` has no value, and only the pattern `none`
  /// matches it.
  package func matches(_ candidate: String) -> Bool {
    if isLiteral || candidate == "none" { return text == candidate }
    let candidate = Array(candidate.unicodeScalars)
    var (place, pattern) = (0, 0)
    var star: (pattern: Int, place: Int)?
    while place < candidate.count {
      if pattern < scalars.count, scalars[pattern] == "*" {
        star = (pattern, place)
        pattern += 1
      } else if pattern < scalars.count,
        scalars[pattern] == "?" || scalars[pattern] == candidate[place]
      {
        place += 1
        pattern += 1
      } else if let last = star {
        // The last star takes one character more; earlier ones need not.
        star = (last.pattern, last.place + 1)
        (pattern, place) = (last.pattern + 1, last.place + 1)
      } else {
        return false
      }
    }
    return scalars[pattern...].allSatisfy { $0 == "*" }
  }
}
