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
      compiled[index].levels = rule.thresholds.map { rule.limit.level(of: $0) }
    }
    for place in tables.indices { tables[place].reset() }
    staged = Array(repeating: 0, count: tables.count)
    tagTable = tables.firstIndex { $0.attribute == .tag }
    clauseRecord = Array(repeating: 0, count: Int(clauseCount))
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
      scope.rolling = BudgetState(limit: compiled[rule].stored.limit)
      slotOfScope[row.id] = insert(scope)
    }
    for row in stored.spends {
      guard let slot = slotOfScope[row.scope], let rule = scopes[Int(slot)]?.rule else { continue }
      let window = clocks[compiled[rule].clock].window(around: row.start)
      scopes[Int(slot)]?.restore(row, in: window, limit: compiled[rule].stored.limit)
    }
    for row in stored.marks {
      guard let rule = ruleOfBudget[row.budget] else { continue }
      let slot = slotsByText[rule][row.text]
      let isRolling = rules[rule].period.isRolling
      let isRestored = slot.flatMap {
        scopes[Int($0)]?.restore(row, isRolling: isRolling, limit: compiled[rule].stored.limit)
      }
      // Only what may still be told of is worth the memory.
      if isRestored != true, !isRolling, row.period >= start(of: rule).microseconds {
        let period = RememberedPeriod(rule: rule, text: row.text, start: row.period)
        remembered[period, default: []].append(row.mark)
      }
    }
  }

  /// From when on a rule's spend matters now: the begin of the earliest period that may still alert.
  package func start(of rule: Int) -> Timestamp {
    let clock = clocks[compiled[rule].clock]
    return clock.period.isRolling
      ? clock.windowStart : (clock.previous ?? clock.current).start
  }

  /// Adds what the ledger's requests tell of a rule whose spend is not complete: of one value of its
  /// `per`, or of all with an empty `text`.
  package mutating func fill(_ rule: Int, text: String, _ spend: BudgetSpend) {
    let amount = spend.amount(in: rules[rule].limit.unit)
    guard amount > 0, let window = clocks[compiled[rule].clock].bucket(of: spend.end) else {
      return
    }
    number += 1
    add(amount, at: spend.end, to: slot(rule, text: text), window)
  }

  /// The rule's spend is complete: nothing has to be read of the past again.
  package mutating func didFill(_ rule: Int) {
    compiled[rule].stored.isFilled = true
    compiled[rule].stored.forgotten = start(of: rule)
    compiled[rule].isStoredAnew = true
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

  /// False if it has nothing to do with what is known.
  fileprivate mutating func restore(
    _ row: StoredBudgets.Mark, isRolling: Bool, limit: Int64?
  ) -> Bool {
    if isRolling {
      guard row.period == id else { return false }
      rolling = BudgetState(marks: rolling.marks + [row.mark], limit: limit)
      return true
    }
    if let place = buckets.firstIndex(where: {
      $0.window.start.microseconds == row.period
    }) {
      let marks = buckets[place].state.marks + [row.mark]
      buckets[place].state = BudgetState(marks: marks, limit: limit)
      return true
    }
    return false
  }
}
