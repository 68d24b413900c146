import Tally

/// Roll-ups of an hour or a day, which hold some of the labels: the fewer, the fewer rows.
enum RollupBlock {
  /// Which labels they hold besides the status.
  enum Form: Int64, CaseIterable {
    /// Provider, model, route, power level and the extra labels.
    case models
    /// Key and team.
    case keys
    /// All of them.
    case everything
    case users
    case endUsers
    case tags

    init(_ side: SideRollupKey.Side) {
      switch side {
      case .user: self = .users
      case .endUser: self = .endUsers
      case .tag: self = .tags
      }
    }

    /// The form with the fewest rows that holds these labels.
    init(holding labels: [UsageLabel]) {
      let labels = Set(labels).subtracting([.status])
      if labels.isSubset(of: [.key, .team]), !labels.isEmpty {
        self = .keys
      } else {
        self = labels.isDisjoint(with: [.key, .team]) ? .models : .everything
      }
    }

    /// The lengths in which it is kept. With every label, an hour has hardly fewer rows than its
    /// quarters.
    var spans: [Span] {
      switch self {
      case .models, .keys: [.hour, .day]
      case .everything, .users, .endUsers, .tags: [.day]
      }
    }

    /// Whether it is made of the roll-ups that hold all labels but users and tags.
    var isOfRollups: Bool { rawValue <= Form.everything.rawValue }

    /// The row that a row of the roll-ups adds to.
    func key(of row: RollupKey) -> RollupKey {
      var key = row
      switch self {
      case .models: (key.key, key.team) = (0, 0)
      case .keys:
        (key.provider, key.model, key.route, key.powerLevel, key.extras) = (0, 0, 0, 0, 0)
      case .everything, .users, .endUsers, .tags: break
      }
      return key
    }
  }

  /// How many quarters they span.
  enum Span: Int64 {
    case hour = 4
    case day = 96

    /// The first quarter of the block around `quarter`.
    func start(_ quarter: Int64) -> Int64 { quarter / rawValue * rawValue }
  }
}
