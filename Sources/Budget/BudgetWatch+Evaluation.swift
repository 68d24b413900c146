package import Support

/// What came of an evaluation.
package struct BudgetOutcome: Sendable {
  /// In the order of rules, scopes, periods and thresholds.
  package var crossings: [BudgetCrossing] = []
  /// To be written with the batch.
  package var changes = BudgetChanges()
  /// Slots whose status may have changed, those of dropped scopes among them.
  package var changed: [Int32] = []
  /// Scopes that were dropped.
  package var dropped: [(rule: Int, text: String)] = []
  /// Budgets, by the ledger's ids, whose spend is not known any more, since the clock was set back
  /// before what is remembered: it has to be taken from the requests.
  package var unknown: [Int64] = []

  /// Nothing came of it.
  package init() {}
}

extension BudgetWatch {
  /// Whether something changes by itself until `now`, or waits to be evaluated.
  package func isDue(at now: Timestamp) -> Bool {
    guard !rules.isEmpty else { return false }
    return isFresh || !touched.isEmpty || now >= nextChange || now < earliest
  }

  /// Judges all that changed since the last time, by the clock at `now`.
  package mutating func evaluate(at now: Timestamp) -> BudgetOutcome {
    var outcome = BudgetOutcome()
    guard isDue(at: now) else { return outcome }
    begin(at: now)
    for rule in compiled where begin(of: clocks[rule.clock]) < rule.stored.forgotten {
      outcome.unknown.append(rule.budget)
    }
    for rule in rules.indices where isFresh || needsPass(rule, now: now) {
      for slot in slotsByText[rule].values { touch(slot) }
    }
    judgeTouched(at: now, &outcome)
    for rule in rules.indices {
      if compiled[rule].stored.limit != rules[rule].limit.amount {
        compiled[rule].stored.limit = rules[rule].limit.amount
        compiled[rule].isStoredAnew = true
      }
      guard compiled[rule].isStoredAnew else { continue }
      outcome.changes.budgets.append(compiled[rule].stored)
      compiled[rule].isStoredAnew = false
    }
    nextChange = clocks.map(\.nextChange).min() ?? now
    for rule in rules.indices where rules[rule].forecast {
      let pause = TimeSpan(microseconds: rules[rule].period.length.microseconds / 480)
      if now >= compiled[rule].nextForecast { compiled[rule].nextForecast = now + pause }
      nextChange = min(nextChange, compiled[rule].nextForecast)
    }
    judged = clocks
    earliest = clocks.map(\.current.start).max() ?? now
    isFresh = false
    return outcome
  }

  private func needsPass(_ rule: Int, now: Timestamp) -> Bool {
    let place = compiled[rule].clock
    let (before, clock) = (judged[place], clocks[place])
    return before.current != clock.current || (before.previous == nil) != (clock.previous == nil)
      || rules[rule].forecast && now >= compiled[rule].nextForecast
  }

  /// The begin of what has to be known.
  private func begin(of clock: PeriodClock) -> Timestamp {
    clock.period.isRolling ? clock.windowStart : clock.current.start
  }

  private mutating func judgeTouched(at now: Timestamp, _ outcome: inout BudgetOutcome) {
    for slot in newScopes {
      guard let scope = scopes[Int(slot)] else { continue }
      outcome.changes.scopes.append(row(of: scope))
    }
    newScopes.removeAll(keepingCapacity: true)
    touched.sort { left, right in
      let (first, second) = (scopes[Int(left)]?.rule ?? 0, scopes[Int(right)]?.rule ?? 0)
      return (first, left) < (second, right)
    }
    for slot in touched {
      guard var scope = scopes[Int(slot)] else { continue }
      // Taken out, so that its arrays are changed in place.
      scopes[Int(slot)] = nil
      scope.isTouched = false
      judge(&scope, at: now, &outcome)
      let isIdle = forget(&scope, now: now, &outcome)
      scopes[Int(slot)] = scope
      outcome.changed.append(slot)
      if isIdle {
        outcome.changes.removedScopes.append(scope.id)
        outcome.dropped.append((scope.rule, scope.text))
        drop(slot)
      }
    }
    touched.removeAll(keepingCapacity: true)
  }

  private func row(of scope: BudgetScope) -> StoredBudgets.Scope {
    StoredBudgets.Scope(
      id: scope.id, budget: compiled[scope.rule].budget, text: scope.text,
      exceedsSince: scope.exceedsSince)
  }

  private func judge(
    _ scope: inout BudgetScope, at now: Timestamp, _ outcome: inout BudgetOutcome
  ) {
    let rule = rules[scope.rule]
    let clock = clocks[compiled[scope.rule].clock]
    if rule.period.isRolling {
      let window = clock.rollingWindow
      let spent = scope.spent(from: window.start, to: window.end)
      judge(scope, &scope.rolling, period: scope.id, spent, in: window, at: now, &outcome)
    } else {
      for place in scope.buckets.indices {
        let bucket = scope.buckets[place]
        guard bucket.window.start <= now, now < bucket.window.end + rule.period.lateAfter else {
          continue
        }
        judge(
          scope, &scope.buckets[place].state, period: bucket.window.start.microseconds,
          bucket.spent, in: bucket.window, at: now, &outcome)
      }
      if rule.forecast { judgeForecast(&scope, in: clock.current, at: now, &outcome) }
    }
    for start in scope.unwritten {
      guard let bucket = scope.buckets.last(where: { $0.window.start == start }) else { continue }
      outcome.changes.spends.append(
        StoredBudgets.Spend(
          scope: scope.id, start: start, spent: bucket.spent, rate: scope.rate))
    }
    scope.unwritten.removeAll(keepingCapacity: true)
    scope.reached.removeAll()
    scope.running = nil
  }

  private func judge(
    _ scope: BudgetScope, _ state: inout BudgetState, period: Int64, _ spent: Int64,
    in window: CalendarWindow, at now: Timestamp, _ outcome: inout BudgetOutcome
  ) {
    let rule = rules[scope.rule]
    let before = state.marks
    let actions = state.observe(
      spent: spent, limit: rule.limit, thresholds: rule.thresholds,
      rearms: rule.period.isRolling)
    if actions.isEmpty, before.count == state.marks.count { return }
    note(state.marks, beside: before, of: scope, period, &outcome)
    for case .announce(let threshold, let arm) in actions {
      let level = rule.limit.level(of: threshold)
      let told = scope.spent(reaching: level, from: window.start) ?? spent
      outcome.crossings.append(
        crossing(scope, threshold, arm: arm, period: period, told, in: window, at: now))
    }
  }

  private func note(
    _ marks: [BudgetState.Mark], beside known: [BudgetState.Mark], of scope: BudgetScope,
    _ period: Int64, _ outcome: inout BudgetOutcome
  ) {
    let kind = rules[scope.rule].period
    let until =
      kind.isRolling
      ? Timestamp(microseconds: .max)
      : Timestamp(microseconds: period) + kind.length + kind.rememberedFor
    for mark in marks where !known.contains(mark) {
      outcome.changes.marks.append(
        StoredBudgets.Mark(
          budget: compiled[scope.rule].budget, text: scope.text, period: period, mark: mark,
          until: until))
    }
  }

  /// The projection has to exceed the limit for a 48th of the period without pause.
  private func judgeForecast(
    _ scope: inout BudgetScope, in window: CalendarWindow, at now: Timestamp,
    _ outcome: inout BudgetOutcome
  ) {
    let rule = rules[scope.rule]
    let spent = scope.spent(in: window)
    let forecast = scope.rate.forecast(
      spent: spent, at: now, end: window.end, period: rule.period.length)
    let exceeds = rule.limit.amount > 0 && forecast > rule.limit.amount
    let since = exceeds ? max(scope.exceedsSince ?? now, window.start) : nil
    if since != scope.exceedsSince {
      scope.exceedsSince = since
      outcome.changes.scopes.append(row(of: scope))
    }
    let patience = TimeSpan(microseconds: rule.period.length.microseconds / 48)
    guard let since, now - since >= patience, !rule.limit.isSpent(by: spent) else { return }
    // With nothing spent yet, there is no bucket to remember it in.
    _ = scope.add(0, to: window)
    guard let place = scope.buckets.lastIndex(where: { $0.window.start == window.start }) else {
      return
    }
    let before = scope.buckets[place].state.marks
    let period = window.start.microseconds
    guard scope.buckets[place].state.observeForecast(limit: rule.limit.amount) else { return }
    note(scope.buckets[place].state.marks, beside: before, of: scope, period, &outcome)
    outcome.crossings.append(
      crossing(
        scope, BudgetState.forecast, arm: 0, period: period, spent, in: window, at: now))
  }

  /// Drops what cannot matter any more. True if that is the whole scope.
  private mutating func forget(
    _ scope: inout BudgetScope, now: Timestamp, _ outcome: inout BudgetOutcome
  ) -> Bool {
    let rule = rules[scope.rule]
    let clock = clocks[compiled[scope.rule].clock]
    while let first = scope.buckets.first {
      let isOver =
        rule.period.isRolling
        ? first.window.start < clock.windowStart : first.window.end + rule.period.keptAfter <= now
      // The last one keeps the rate for the next period.
      let isLast = scope.buckets.count == 1 && !rule.period.isRolling
      guard isOver, !isLast || first.window.end + rule.period.length <= now else { break }
      if isLast, rule.per == nil { break }
      scope.buckets.removeFirst()
      outcome.changes.removedSpends.append((scope.id, first.window.start))
      if first.window.end > compiled[scope.rule].stored.forgotten {
        compiled[scope.rule].stored.forgotten = first.window.end
        compiled[scope.rule].isStoredAnew = true
      }
    }
    let isArmed = scope.rolling.marks.allSatisfy { $0.status == .rearmed }
    return scope.buckets.isEmpty && rule.per != nil && isArmed
  }
}
