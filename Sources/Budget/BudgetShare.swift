package import Support

/// What one request adds to one scope, for a ledger that adds it to what others have spent.
package struct BudgetShare: Sendable, Equatable {
  /// The scope's place in the watch.
  package var slot: Int32
  /// Of the period, or of a rolling window's step.
  package var start: Timestamp
  package var amount: Int64
}

extension BudgetWatch {
  /// What the records since the last call have added; only where `keepsShares` is set.
  package mutating func takeShares() -> [BudgetShare] {
    defer { shares.removeAll(keepingCapacity: true) }
    return shares
  }

  /// Which budget a slot belongs to, by its identity, for which value of `per`, and how long its
  /// periods are: 0 of a rolling window, which has no rate.
  package func origin(of slot: Int32) -> (budget: String, text: String, period: TimeSpan)? {
    guard scopes.indices.contains(Int(slot)), let scope = scopes[Int(slot)] else { return nil }
    let rule = rules[scope.rule]
    return (
      rule.identity, scope.text, rule.period.isRolling ? .seconds(0) : rule.period.length
    )
  }
}

/// A board that shows what several sidecars have spent.
extension BudgetBoard {
  /// A view of the shared ledger that is older says nothing of now.
  package static let freshFor = TimeSpan.seconds(10)

  /// From now on it shows what `show` is given; until then it knows nothing.
  package func share() {
    state.withLock { $0.isShared = true }
  }

  /// Shows how these rules' scopes stand in the shared ledger, as it was seen at `time`. Ignored if
  /// other rules are shown meanwhile.
  package func show(_ statuses: [BudgetStatus], of rules: [BudgetRule], at time: Timestamp) {
    state.withLock { state in
      guard state.entries.map(\.rule) == rules else { return }
      for place in state.entries.indices { state.entries[place].scopes.removeAll() }
      for status in statuses where state.entries.indices.contains(status.rule) {
        state.entries[status.rule].scopes[status.text] = status
      }
      state.viewed = time
    }
  }

  /// How old the view of the shared ledger is; nil without one, or before the first.
  package func viewAge(at now: Timestamp) -> TimeSpan? {
    state.withLock { state in state.viewed.map { max(.seconds(0), now - $0) } }
  }
}

extension BudgetBoard.State {
  func isOutOfDate(at now: Timestamp) -> Bool {
    guard isShared else { return false }
    return viewed.map { now - $0 > BudgetBoard.freshFor } ?? true
  }
}
