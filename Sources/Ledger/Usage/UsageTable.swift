import Tally

/// A table that usage is summed up from, as SQL sees it.
enum UsageTable: Sendable {
  case rollup
  case side(SideRollupKey.Side)
  /// What the roll-ups hold in all, with no value for the label that is kept apart.
  case rest
  case request
  case block(RollupBlock.Form, RollupBlock.Span)

  private var name: String {
    switch self {
    case .rollup, .rest: "rollup"
    case .side: "rollup_side"
    case .request: "request"
    case .block: "rollup_block"
    }
  }

  /// Sums by label, status and everything in `UsageSums`, between two times.
  ///
  /// Ids are numbers: nothing in it is anybody's text.
  func select(_ columns: [String], where conditions: [String]) -> String {
    let columns = columns + [status] + measures(.sqlite)
    var conditions = ["\(time) >= ? AND \(time) < ?"] + conditions
    if case .side(let side) = self { conditions.insert("side = \(side.rawValue)", at: 0) }
    if case .block(let form, let span) = self {
      conditions.insert("form = \(form.rawValue) AND span = \(span.rawValue)", at: 0)
    }
    return """
      SELECT \(columns.joined(separator: ", ")) FROM \(name)
      WHERE \(conditions.joined(separator: " AND "))
      """
  }

  /// The same of a shared ledger, added up there.
  func sharedSelect(_ columns: [String], where conditions: [String]) -> String {
    let keys = columns + [status]
    let sums = measures(.postgres).map { "sum(\($0))" }
    let places = keys.indices.map { "\($0 + 1)" }
    var conditions = ["\(time) >= $1 AND \(time) < $2"] + conditions
    if case .side(let side) = self { conditions.append("side = \(side.rawValue)") }
    return """
      SELECT \((keys + sums).joined(separator: ", ")) FROM sidelight.\(name)
      WHERE \(conditions.joined(separator: " AND "))
      GROUP BY \(places.joined(separator: ", "))
      """
  }

  /// Where a label's id is.
  func column(_ label: UsageLabel) -> String {
    switch label {
    case .user, .endUser, .tag:
      switch self {
      case .side: "value"
      case .block(.users, _), .block(.endUsers, _), .block(.tags, _): "key"
      default: "0"
      }
    case .status: status
    case .reason: "coalesce(reason + 2, 0)"
    case .extra: "extras"
    default: label.name
    }
  }

  private var time: String {
    if case .request = self { "\"end\"" } else { "quarter" }
  }

  /// Numbered as labels are: behind `none` and `other`.
  private var status: String {
    if case .request = self { "status + 2" } else { "status" }
  }

  /// What engines write differently.
  private enum Dialect {
    case sqlite
    case postgres

    /// A condition as a number.
    func flag(_ condition: String) -> String {
      self == .sqlite ? condition : "(\(condition))::integer"
    }

    func choose(_ condition: String, _ first: String, _ second: String) -> String {
      self == .sqlite
        ? "iif(\(condition), \(first), \(second))"
        : "CASE WHEN \(condition) THEN \(first) ELSE \(second) END"
    }

    var larger: String { self == .sqlite ? "max" : "greatest" }
  }

  private func measures(_ dialect: Dialect) -> [String] {
    guard case .request = self else { return Migrations.sums + ["0", "0"] }
    let isStream = """
      status = 0 AND late = 0 AND cached = 0 AND first_token IS NOT NULL
      AND (attempt_start IS NOT NULL OR attempts <= 1)
      """
    func billed(_ amount: String) -> String { dialect.choose("cached <> 0", "0", amount) }
    return [
      dialect.flag("late = 0"), billed("input"), billed("output"), "0", "0", "0",
      billed("coalesce(cost, 0)"), "0", "cached",
      dialect.flag("cached = 0 AND cost IS NULL AND input + output > 0"),
      dialect.flag("status <> 1 AND fallbacks = 0 AND retries > 0"),
      dialect.flag("status <> 1 AND fallbacks > 0"),
      dialect.choose("late <> 0", "0", "\(dialect.larger)(0, \"end\" - start)"),
      dialect.flag(isStream),
      dialect.choose(isStream, "first_token - coalesce(attempt_start, start)", "0"),
    ]
  }
}

extension UsageSums {
  /// A row of `UsageTable.select` behind its labels.
  init(_ row: some UsageCursor, from place: Int32) {
    requests = row.integer(place + 1)
    input = row.integer(place + 2)
    output = row.integer(place + 3)
    cacheRead = row.integer(place + 4)
    cacheWrite = row.integer(place + 5)
    reasoning = row.integer(place + 6)
    cost = row.integer(place + 7)
    saved = row.integer(place + 8)
    cached = row.integer(place + 9)
    unpriced = row.integer(place + 10)
    retried = row.integer(place + 11)
    fallbacks = row.integer(place + 12)
    waited = row.integer(place + 13)
    streams = row.integer(place + 14)
    firstTokens = row.integer(place + 15)
    switch row.integer(place) {
    case 2:
      successes = requests
      successWaited = waited
    case 3: errors = requests
    default: cancelled = requests
    }
  }
}
