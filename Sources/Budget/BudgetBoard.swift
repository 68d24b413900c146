import Support

/// How all budgets stand, for those who ask from other threads.
package final class BudgetBoard: Sendable {
  /// One rule with its scopes, by the values of `per`.
  package struct Entry: Sendable {
    package var rule: BudgetRule
    package var scopes: [String: BudgetStatus] = [:]
    /// What the rule matches, as labels show it.
    var match: [BudgetMatch] = []
  }

  struct State: Sendable {
    var entries: [Entry] = []
    var places: [String: Int] = [:]
    var keys: [UInt32: KeyProfile] = [:]
    var idsByKey: [String: UInt32] = [:]
    var isCurrent = true
    /// When the shared ledger was seen last, if there is one.
    var viewed: Timestamp?
    var isShared = false
    var reading: LabelReading = { _, text in text }
  }

  /// What a text reads as under a label.
  package typealias LabelReading = @Sendable (BudgetAttribute, String) -> String

  let state = Locked(State())

  /// A board without budgets.
  package init() {}

  /// Shows these rules with nothing spent, and knows these keys.
  package func reset(
    _ rules: [BudgetRule], keys: [KeyProfile], reading: @escaping LabelReading = { $1 }
  ) {
    state.withLock { state in
      state = State(viewed: state.viewed, isShared: state.isShared)
      state.reading = reading
      state.entries = rules.map { Entry(rule: $0, match: $0.reading(reading).match) }
      for (place, rule) in rules.enumerated() { state.places[rule.name] = place }
      for key in keys { state.add(key) }
    }
  }

  /// Shows what a commit has changed.
  package func update(
    _ statuses: [BudgetStatus], dropped: [(rule: Int, text: String)], keys: [KeyProfile]
  ) {
    guard !statuses.isEmpty || !dropped.isEmpty || !keys.isEmpty else { return }
    state.withLock { state in
      for (rule, text) in dropped where state.entries.indices.contains(rule) {
        state.entries[rule].scopes[text] = nil
      }
      for status in statuses where state.entries.indices.contains(status.rule) {
        state.entries[status.rule].scopes[status.text] = status
      }
      for key in keys { state.add(key) }
    }
  }

  /// Whether what is shown is what the ledger would say: not while it cannot be written.
  package var isCurrent: Bool {
    get { state.withLock { $0.isCurrent } }
    set { state.withLock { $0.isCurrent = newValue } }
  }

  /// Every rule in the order of the configuration.
  package var entries: [Entry] { state.withLock { $0.entries } }
}

extension BudgetBoard.State {
  mutating func add(_ profile: KeyProfile) {
    keys[profile.id] = profile
    idsByKey[profile.key] = profile.id
  }
}

extension BudgetBoard.Entry {
  /// Its scopes in the order of their names.
  package var statuses: [BudgetStatus] { scopes.values.sorted { $0.text < $1.text } }
}
