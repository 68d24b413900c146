package import Support

/// Who asks the gate: what is known of a request before it is made.
package struct GateAsker: Sendable {
  /// The key's alias or id, as `?key=` names it.
  package var key: String?
  /// The id of a key that was forwarded.
  package var keyID: UInt32?
  /// Other attributes that the caller names.
  package var attributes: [BudgetAttribute: String] = [:]

  /// Somebody.
  package init(
    key: String? = nil, keyID: UInt32? = nil, attributes: [BudgetAttribute: String] = [:]
  ) {
    self.key = key
    self.keyID = keyID
    self.attributes = attributes
  }
}

/// What the gate says.
package enum GateAnswer: Sendable, Equatable {
  case allow
  case deny(budget: String, scope: String, retryAfter: TimeSpan)
  /// The ledger cannot be written, and the budget says to deny then.
  case doubt(budget: String)
  case unknownBudget
}

extension BudgetBoard {
  /// While it is in doubt: how soon it makes sense to ask again.
  package static let doubtfulFor = TimeSpan.seconds(5)

  /// Whether a rule matches by this attribute.
  package func knows(_ attribute: BudgetAttribute) -> Bool {
    state.withLock { state in
      state.entries.contains { $0.rule.match.contains { $0.attribute == attribute } }
    }
  }

  /// Whether there is room in the budget of this name.
  package func gate(_ name: String, _ asker: GateAsker, now: Timestamp) -> GateAnswer {
    state.withLock { state in
      guard let place = state.places[name] else { return .unknownBudget }
      let known = state.attributes(of: asker)
      return state.answer(place, known, isOneOfMany: false, now: now)
    }
  }

  /// Whether there is room in every budget that the asker is known to match.
  package func gate(_ asker: GateAsker, now: Timestamp) -> GateAnswer {
    state.withLock { state in
      let known = state.attributes(of: asker)
      for place in state.entries.indices {
        let answer = state.answer(place, known, isOneOfMany: true, now: now)
        if answer != .allow { return answer }
      }
      return .allow
    }
  }
}

extension BudgetBoard.State {
  /// What the caller names, and what the key's last request told.
  func attributes(of asker: GateAsker) -> [BudgetAttribute: String] {
    var known: [BudgetAttribute: String] = [:]
    for (attribute, text) in asker.attributes { known[attribute] = reading(attribute, text) }
    var profile = asker.key == nil ? asker.keyID.flatMap { keys[$0] } : nil
    if let key = asker.key {
      let text = reading(.key, key)
      let id = idsByKey[text] ?? KeyProfile.id(key.utf8)
      profile = id.flatMap { keys[$0] }
      known[.key] = text
    }
    guard let profile else { return known }
    known[.key] = profile.key
    if known[.team] == nil, !profile.team.isEmpty { known[.team] = profile.team }
    if known[.user] == nil, !profile.user.isEmpty { known[.user] = profile.user }
    return known
  }

  /// A budget that is asked for by name holds unless what is known speaks against it; of all
  /// budgets those hold for which everything speaks.
  func answer(
    _ place: Int, _ known: [BudgetAttribute: String], isOneOfMany: Bool, now: Timestamp
  ) -> GateAnswer {
    let rule = entries[place].rule
    for match in entries[place].match {
      guard let value = known[match.attribute] else {
        if isOneOfMany { return .allow }
        continue
      }
      if !match.patterns.contains(where: { $0.matches(value) }) { return .allow }
    }
    let text = rule.per.map { known[$0] ?? "" } ?? ""
    // An unknown key makes no scope.
    let status = rule.per != nil && text.isEmpty ? nil : entries[place].scopes[text]
    if let status, status.isSpent(rule, at: now) {
      return .deny(
        budget: rule.name, scope: status.scope, retryAfter: status.retryAfter(rule, at: now))
    }
    return isCurrent && !isOutOfDate(at: now) || rule.gateOnError == .allow
      ? .allow : .doubt(budget: rule.name)
  }
}

extension BudgetStatus {
  /// Whether nothing is left now; a calendar period that is over says nothing of the next one.
  func isSpent(_ rule: BudgetRule, at now: Timestamp) -> Bool {
    (rule.period.isRolling || window.contains(now)) && rule.limit.isSpent(by: spent)
  }

  func retryAfter(_ rule: BudgetRule, at now: Timestamp) -> TimeSpan {
    let time = rule.period.isRolling ? min(freeAt ?? window.end, now + .hours(1)) : window.end
    return max(time - now, .seconds(1))
  }
}
