package import Support

/// Rules made ready, and filled from the ledger.
extension BudgetWatch {
  /// Gives each attribute in use a table, equal tests one clause, and each rule the clause by which
  /// it is found.
  mutating func compile(at now: Timestamp) {
    var clauseCount: Int32 = 0
    for (index, rule) in rules.enumerated() {
      var anchor: (place: Int, clause: Int, rarity: Int)?
      for match in rule.match {
        let place = table(of: match.attribute)
        let clause = clause(match.patterns, in: place, count: &clauseCount)
        compiled[index].clauses.append(tables[place].clauses[clause].id)
        let isVague = match.patterns.contains { !$0.isLiteral }
        let rarity = match.attribute.rarity + (isVague ? 20 : 0)
        if anchor.map({ rarity < $0.rarity }) ?? true { anchor = (place, clause, rarity) }
      }
      if let anchor {
        tables[anchor.place].clauses[anchor.clause].rules.append(Int32(index))
      } else {
        always.append(Int32(index))
      }
      compiled[index].per = rule.per.map { table(of: $0) }
      compiled[index].clock = clock(of: rule, at: now)
    }
    for place in tables.indices { tables[place].reset() }
    staged = Array(repeating: 0, count: tables.count)
    tagTable = tables.firstIndex { $0.attribute == .tag }
    clauseRecord = Array(repeating: 0, count: Int(clauseCount))
    forgottenUpTo = Array(repeating: Timestamp(microseconds: .min), count: clocks.count)
  }

  private mutating func table(of attribute: BudgetAttribute) -> Int {
    if let known = tables.firstIndex(where: { $0.attribute == attribute }) { return known }
    tables.append(ValueTable(attribute))
    return tables.count - 1
  }

  private mutating func clause(_ patterns: [Glob], in place: Int, count: inout Int32) -> Int {
    if let known = tables[place].clauses.firstIndex(where: { $0.patterns == patterns }) {
      return known
    }
    tables[place].clauses.append(ValueTable.Clause(id: count, patterns: patterns))
    count += 1
    return tables[place].clauses.count - 1
  }

  private mutating func clock(of rule: BudgetRule, at now: Timestamp) -> Int {
    let zone = rule.period.isRolling ? .utc : rule.zone
    let known = clocks.firstIndex { $0.period == rule.period && $0.zone == zone }
    if let known { return known }
    clocks.append(PeriodClock(rule.period, in: zone, at: now))
    return clocks.count - 1
  }

  /// Takes over what the ledger holds.
  mutating func restore(_ stored: StoredBudgets) {
    var ruleOfBudget: [Int64: Int] = [:]
    for rule in rules.indices { ruleOfBudget[compiled[rule].budget] = rule }
    var slotOfScope: [Int64: Int32] = [:]
    for row in stored.scopes {
      guard let rule = ruleOfBudget[row.budget] else { continue }
      var scope = BudgetScope(id: row.id, rule: rule, text: row.text)
      scope.exceedsSince = row.exceedsSince
      scope.rolling = BudgetState(limit: compiled[rule].oldLimit)
      slotOfScope[row.id] = insert(scope)
    }
    for row in stored.spends {
      guard let slot = slotOfScope[row.scope], let rule = scopes[Int(slot)]?.rule else { continue }
      let window = clocks[compiled[rule].clock].window(around: row.start)
      scopes[Int(slot)]?.restore(row, in: window, limit: compiled[rule].oldLimit)
    }
    for row in stored.marks {
      guard let rule = ruleOfBudget[row.budget], let slot = slotsByText[rule][row.text] else {
        continue
      }
      scopes[Int(slot)]?.restore(
        row, isRolling: rules[rule].period.isRolling, limit: compiled[rule].oldLimit)
    }
  }

  /// The rules whose spend has to be taken from the requests in the ledger, with the earliest time
  /// that matters to them.
  package func unfilled(_ stored: StoredBudgets) -> [(rule: Int, since: Timestamp)] {
    stored.budgets.indices.filter { !stored.budgets[$0].isFilled }.map { rule in
      let clock = clocks[compiled[rule].clock]
      return (
        rule, clock.period.isRolling ? clock.windowStart : (clock.previous ?? clock.current).start
      )
    }
  }

  /// Records what `body` reads of the past for these rules only, which are complete afterwards.
  package mutating func fill<Failure: Error>(
    _ only: [Int], _ body: (inout BudgetWatch) throws(Failure) -> Void
  ) throws(Failure) {
    var chosen = Array(repeating: false, count: rules.count)
    for rule in only { chosen[rule] = true }
    fills = chosen
    defer { fills = nil }
    try body(&self)
    filled += only.map { compiled[$0].budget }
  }
}

extension BudgetScope {
  fileprivate mutating func restore(
    _ row: StoredBudgets.Spend, in window: CalendarWindow, limit: Int64?
  ) {
    // What zones begin otherwise since an update of their database is still that period's.
    var bucket = SpendBucket(CalendarWindow(start: row.start, end: window.end))
    bucket.spent = row.spent
    bucket.state = BudgetState(limit: limit)
    buckets.insert(bucket, at: (buckets.lastIndex { $0.window.start < row.start } ?? -1) + 1)
    if row.rate.time > rate.time { rate = row.rate }
  }

  fileprivate mutating func restore(_ row: StoredBudgets.Mark, isRolling: Bool, limit: Int64?) {
    if isRolling {
      guard row.period == id else { return }
      rolling = BudgetState(marks: rolling.marks + [row.mark], limit: limit)
    } else if let place = buckets.firstIndex(where: {
      $0.window.start.microseconds == row.period
    }) {
      let marks = buckets[place].state.marks + [row.mark]
      buckets[place].state = BudgetState(marks: marks, limit: limit)
    }
  }
}
