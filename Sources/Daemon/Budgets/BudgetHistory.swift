import Budget
import Ledger
import Support
import Tally

/// What the ledger's requests tell of budgets: spend from before they began, and who drives them.
struct BudgetHistory {
  let labels: LabelSpace
  let extras: ExtraLabels
  /// How long single requests are kept.
  let detail: TimeSpan

  /// More models than these are not named.
  private static let mostDrivers = 3

  init(labels: LabelSpace, settings: PipelineSettings) {
    self.labels = labels
    extras = ExtraLabels(settings.labels)
    detail = settings.ledger.detail
  }

  /// Takes a rule's spend from the requests. False if the ledger does not keep what it takes.
  func fill(
    _ watch: inout BudgetWatch, _ index: Int, from ledger: CostLedger, now: Timestamp
  ) throws(LedgerError) -> Bool {
    let rule = watch.rules[index]
    guard let source = source(for: rule) else { return false }
    var query = query(rule, source, from: watch.start(of: index), to: now + .hours(1))
    let scope = rule.per.flatMap(dimension)
    query.by = scope
    for row in try ledger.spend(query) {
      let spend = BudgetSpend(
        end: row.time, nanodollars: row.nanodollars, requests: row.requests, tokens: row.tokens)
      guard let scope else {
        watch.fill(index, text: "", spend)
        continue
      }
      // Id 0 is no value.
      if row.value != 0 { watch.fill(index, text: labels.text(scope, row.value), spend) }
    }
    return true
  }

  /// The models that spent most of what was crossed, largest first.
  func drivers(
    of crossing: BudgetCrossing, _ rule: BudgetRule, from ledger: CostLedger
  ) throws(LedgerError) -> [BudgetCrossing.Driver] {
    guard let source = source(for: rule) else { return [] }
    var query = query(rule, source, from: crossing.period.start, to: crossing.period.end)
    if let scope = rule.per.flatMap(dimension) {
      query.filter.append((scope, labels.ids(scope) { $0 == crossing.scope }))
    }
    let shares = try ledger.shares(query).map { share in
      BudgetCrossing.Driver(
        provider: labels.text(Dimension.provider, share.provider),
        model: labels.text(Dimension.model, share.model),
        spent: rule.limit.unit.amount(share))
    }
    return Array(
      shares.filter { $0.spent > 0 }.sorted {
        ($1.spent, $0.provider, $0.model) < ($0.spent, $1.provider, $1.model)
      }.prefix(Self.mostDrivers))
  }

  private func query(
    _ rule: BudgetRule, _ source: SpendQuery.Source, from: Timestamp, to: Timestamp
  ) -> SpendQuery {
    var query = SpendQuery(source: source, from: from, to: to)
    let reading = labels.reading
    for match in rule.reading({ reading($0.dimension, $1) }).match {
      func fits(_ text: String) -> Bool { match.patterns.contains { $0.matches(text) } }
      if case .extra(let name) = match.attribute {
        query.filter.append((.extras, labels.ids(.extras) { fits(extras.value(of: name, in: $0)) }))
      } else if let dimension = dimension(match.attribute) {
        query.filter.append((dimension, labels.ids(dimension, where: fits)))
      }
    }
    return query
  }

  /// The table that has every attribute of the rule, in steps as fine as its periods; nil if none.
  private func source(for rule: BudgetRule) -> SpendQuery.Source? {
    let attributes = Set(rule.match.map(\.attribute) + (rule.per.map { [$0] } ?? []))
    let isFine: Bool
    switch rule.period {
    case .calendar(.minute), .calendar(.hour): isFine = true
    case .calendar: isFine = false
    case .rolling(let length): isFine = length <= detail
    }
    if attributes.count == 1, let side = attributes.first.flatMap(side) {
      return isFine ? nil : .side(side)
    }
    guard attributes.allSatisfy({ dimension($0) != nil && side($0) == nil }) else { return nil }
    return isFine || attributes.contains(.deployment) ? .requests : .rollups
  }

  private func side(_ attribute: BudgetAttribute) -> SideRollupKey.Side? {
    switch attribute {
    case .user: .user
    case .endUser: .endUser
    case .tag: .tag
    default: nil
    }
  }

  /// The label under which the ledger keeps an attribute; nil if it does not.
  private func dimension(_ attribute: BudgetAttribute) -> Dimension? {
    switch attribute {
    case .servedRoute: nil
    case .extra: .extras
    default: attribute.dimension
    }
  }
}

extension BudgetAttribute {
  /// The label that shows it.
  var dimension: Dimension {
    switch self {
    case .provider: .provider
    case .model: .model
    case .route, .servedRoute: .route
    case .deployment: .deployment
    case .powerLevel: .powerLevel
    case .key: .key
    case .team: .team
    case .user: .user
    case .endUser: .endUser
    case .tag: .tag
    case .extra: .value
    }
  }
}

extension BudgetUnit {
  fileprivate func amount(_ share: SpendQuery.Share) -> Int64 {
    switch self {
    case .usd: share.nanodollars
    case .requests: share.requests
    case .tokens: share.tokens
    }
  }
}
