package import Support

/// What one request adds to budgets.
package struct BudgetSpend: Sendable, Equatable {
  /// When it ended.
  package var end: Timestamp
  package var nanodollars: Int64
  package var requests: Int64
  package var tokens: Int64

  /// Spend of one request, or of several that ended about then.
  package init(end: Timestamp, nanodollars: Int64, requests: Int64, tokens: Int64) {
    self.end = end
    self.nanodollars = nanodollars
    self.requests = requests
    self.tokens = tokens
  }

  func amount(in unit: BudgetUnit) -> Int64 {
    switch unit {
    case .usd: nanodollars
    case .requests: requests
    case .tokens: tokens
    }
  }
}

/// All budgets and their scopes: what was spent, and what was told.
///
/// Pure: it reads no clock and writes nothing. A request is staged attribute by attribute and
/// recorded; `evaluate` says what was crossed and what to write. After a commit that failed it is
/// thrown away and restored from the ledger.
package struct BudgetWatch: Sendable {
  /// More values of `per` than this share one scope, `other`.
  package static let scopesPerRule = 10_000
  /// The same for all rules together.
  package static let scopesInAll = 50_000

  /// A rule made ready for matching.
  struct Compiled: Sendable {
    var clauses: [Int32] = []
    /// The place of `per`'s table.
    var per: Int?
    /// The place of its periods' clock.
    var clock = 0
    /// The least spend that reaches each threshold.
    var levels: [Int64] = []
    /// As the ledger knows it.
    var stored = StoredBudgets.Budget(id: 0, identity: "", limit: nil, isFilled: false)
    var isStoredAnew = false
    var budget: Int64 { stored.id }
    /// When its forecasts are looked at again.
    var nextForecast = Timestamp(microseconds: .min)
  }

  package let rules: [BudgetRule]
  let secret: [UInt8]
  var compiled: [Compiled]
  var clocks: [PeriodClock] = []
  var tables: [ValueTable] = []
  /// Rules that match everything.
  var always: [Int32] = []

  /// By slot; a dropped scope's is used again.
  var scopes: [BudgetScope?] = []
  var freeSlots: [Int32] = []
  /// Of each rule.
  var slotsByText: [[String: Int32]]
  /// By rule and value id, for values met since the tables were emptied.
  private var slotsByValue: [UInt64: Int32] = [:]
  var nextScope: Int64
  var newScopes: [Int32] = []
  /// Whether what each record adds is kept until it is taken.
  package var keepsShares = false
  var shares: [BudgetShare] = []
  /// Requests whose `per` found no room, by rule, since they were last taken.
  package private(set) var folded = 0

  var touched: [Int32] = []
  /// Nothing was judged yet.
  var isFresh = true
  /// The clocks at the last evaluation.
  var judged: [PeriodClock] = []
  /// When something changes by itself.
  var nextChange = Timestamp(microseconds: .min)
  /// Before this, the clock was set back.
  var earliest = Timestamp(microseconds: .min)
  /// What was told of periods that have no bucket yet.
  var remembered: [RememberedPeriod: [BudgetState.Mark]] = [:]
  var staged: [UInt32] = []
  private var stagedTags: [UInt32] = []
  var tagTable: Int?
  var clauseRecord: [UInt64] = []
  private var ruleRecord: [UInt64]
  private var candidates: [Int32] = []
  var number: UInt64 = 0

  /// The watch over `rules` as `stored` knows them, whose budgets are in the same order.
  package init(rules: [BudgetRule], stored: StoredBudgets, now: Timestamp) {
    self.rules = rules
    secret = stored.secret
    compiled = Array(repeating: Compiled(), count: rules.count)
    slotsByText = Array(repeating: [:], count: rules.count)
    ruleRecord = Array(repeating: 0, count: rules.count)
    nextScope = stored.nextScope
    compile(at: now)
    for (rule, budget) in stored.budgets.enumerated() where rule < rules.count {
      compiled[rule].stored = budget
    }
    restore(stored)
    for rule in rules.indices where rules[rule].per == nil { _ = slot(rule, text: "") }
  }

  package var isEmpty: Bool { rules.isEmpty }

  /// Whether a limit has changed since the last evaluation. Which thresholds that arms is decided by
  /// what was spent until then, so the next evaluation has to come before anything is added.
  package var hasNewLimit: Bool {
    isFresh
      && rules.indices.contains { rule in
        compiled[rule].stored.limit.map { $0 != rules[rule].limit.amount } ?? false
      }
  }

  /// The attributes to stage of a request, in the order of their places; tags are staged one by one.
  package var attributes: [BudgetAttribute] { tables.map(\.attribute) }

  /// The time is `now`: to be called before the first record of a batch.
  package mutating func begin(at now: Timestamp) {
    for clock in clocks.indices { clocks[clock].advance(to: now) }
    if tables.contains(where: \.isFull) {
      for table in tables.indices { tables[table].reset() }
      slotsByValue = [:]
    }
  }

  /// Sets an attribute of the next record to what was logged; `clean` makes a label's text of it.
  package mutating func stage(
    _ place: Int, _ raw: UnsafeRawBufferPointer, clean: (UnsafeRawBufferPointer) -> String?
  ) {
    let id = tables[place].id(raw, clean: clean)
    if place == tagTable {
      if id != 0, !stagedTags.contains(id) { stagedTags.append(id) }
    } else {
      staged[place] = id
    }
  }

  /// Adds the staged request to every budget that it belongs to.
  package mutating func record(_ spend: BudgetSpend) {
    number += 1
    for place in staged.indices where place != tagTable { note(staged[place], of: place) }
    if let tagTable {
      if stagedTags.isEmpty { note(0, of: tagTable) }
      for tag in stagedTags { note(tag, of: tagTable) }
    }
    for rule in always { add(spend, to: Int(rule)) }
    for rule in candidates.map(Int.init) where ruleRecord[rule] != number {
      ruleRecord[rule] = number
      if compiled[rule].clauses.allSatisfy({ clauseRecord[Int($0)] == number }) {
        add(spend, to: rule)
      }
    }
    candidates.removeAll(keepingCapacity: true)
    stagedTags.removeAll(keepingCapacity: true)
    for place in staged.indices { staged[place] = 0 }
  }

  /// Which clauses the value fulfils, and which rules are worth a look.
  private mutating func note(_ id: UInt32, of place: Int) {
    for clause in tables[place].values[Int(id)].clauses { clauseRecord[Int(clause)] = number }
    candidates += tables[place].values[Int(id)].rules
  }

  private mutating func add(_ spend: BudgetSpend, to rule: Int) {
    let amount = spend.amount(in: rules[rule].limit.unit)
    guard amount > 0, let window = clocks[compiled[rule].clock].bucket(of: spend.end) else {
      return
    }
    guard let per = compiled[rule].per else {
      return count(amount, at: spend.end, to: slot(rule, text: ""), window)
    }
    if per == tagTable {
      for tag in stagedTags { count(amount, at: spend.end, to: slot(rule, per, tag), window) }
    } else if staged[per] != 0 {
      count(amount, at: spend.end, to: slot(rule, per, staged[per]), window)
    }
  }

  private mutating func count(
    _ amount: Int64, at end: Timestamp, to slot: Int32, _ window: CalendarWindow
  ) {
    guard let rule = scopes[Int(slot)]?.rule, add(amount, at: end, to: slot, window) else { return }
    if keepsShares {
      shares.append(BudgetShare(slot: slot, start: window.start, amount: amount))
    }
    let clock = clocks[compiled[rule].clock]
    let isRolling = clock.period.isRolling
    scopes[Int(slot)]?.noteReaching(
      compiled[rule].levels, with: amount,
      in: isRolling ? clock.rollingWindow : window, isRolling: isRolling)
  }

  /// False if the record was added to this scope already.
  @discardableResult
  mutating func add(
    _ amount: Int64, at end: Timestamp, to slot: Int32, _ window: CalendarWindow
  ) -> Bool {
    guard let rule = scopes[Int(slot)]?.rule, scopes[Int(slot)]?.record != number else {
      return false
    }
    let period = rules[rule].period
    scopes[Int(slot)]?.record = number
    if scopes[Int(slot)]?.add(amount, to: window) == true, !remembered.isEmpty {
      recall(slot, window)
    }
    if !period.isRolling {
      scopes[Int(slot)]?.rate.add(amount, at: end, period: period.length)
    }
    touch(slot)
    return true
  }

  /// A period that was told of before its spend was forgotten.
  private mutating func recall(_ slot: Int32, _ window: CalendarWindow) {
    guard let scope = scopes[Int(slot)], !rules[scope.rule].period.isRolling,
      let place = scope.buckets.firstIndex(where: { $0.window.start == window.start }),
      let marks = remembered.removeValue(
        forKey: RememberedPeriod(
          rule: scope.rule, text: scope.text, start: window.start.microseconds))
    else { return }
    scopes[Int(slot)]?.buckets[place].state = BudgetState(
      marks: marks, limit: compiled[scope.rule].stored.limit)
  }

  mutating func touch(_ slot: Int32) {
    if scopes[Int(slot)]?.isTouched == false {
      scopes[Int(slot)]?.isTouched = true
      touched.append(slot)
    }
  }

  private mutating func slot(_ rule: Int, _ table: Int, _ value: UInt32) -> Int32 {
    let key = UInt64(rule) << 32 | UInt64(value)
    if let slot = slotsByValue[key] { return slot }
    let slot = slot(rule, text: tables[table].values[Int(value)].text)
    slotsByValue[key] = slot
    return slot
  }

  /// The slot of a scope, which is made if there is none and there is room.
  mutating func slot(_ rule: Int, text: String) -> Int32 {
    if let slot = slotsByText[rule][text] { return slot }
    let isFull =
      slotsByText[rule].count >= Self.scopesPerRule
      || scopes.count - freeSlots.count >= Self.scopesInAll
    if isFull, !text.isEmpty, text != "other" {
      folded += 1
      return slot(rule, text: "other")
    }
    let slot = insert(BudgetScope(id: nextScope, rule: rule, text: text))
    nextScope += 1
    newScopes.append(slot)
    return slot
  }

  mutating func insert(_ scope: BudgetScope) -> Int32 {
    let slot: Int32
    if let free = freeSlots.popLast() {
      slot = free
      scopes[Int(slot)] = scope
    } else {
      slot = Int32(scopes.count)
      scopes.append(scope)
    }
    slotsByText[scope.rule][scope.text] = slot
    return slot
  }

  mutating func drop(_ slot: Int32) {
    guard let scope = scopes[Int(slot)] else { return }
    slotsByText[scope.rule][scope.text] = nil
    // Values lead to slots; a few dropped ones are not worth a list of their own.
    slotsByValue = [:]
    scopes[Int(slot)] = nil
    freeSlots.append(slot)
  }
}

/// A period of a scope that may have no spend now.
struct RememberedPeriod: Hashable, Sendable {
  var rule: Int
  var text: String
  var start: Int64
}
