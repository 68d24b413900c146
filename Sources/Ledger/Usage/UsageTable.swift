import Tally

/// A table that usage is summed up from, as SQL sees it.
enum UsageTable {
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
    let columns = columns + [status] + measures
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
    case .reason: "ifnull(reason + 2, 0)"
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

  private var measures: [String] {
    guard case .request = self else { return Migrations.sums + ["0", "0"] }
    let isStream = """
      status = 0 AND late = 0 AND cached = 0 AND first_token IS NOT NULL
      AND (attempt_start IS NOT NULL OR attempts <= 1)
      """
    return [
      "late = 0", "iif(cached, 0, input)", "iif(cached, 0, output)", "0", "0", "0",
      "iif(cached, 0, ifnull(cost, 0))", "0", "cached",
      "cached = 0 AND cost IS NULL AND input + output > 0",
      "status <> 1 AND fallbacks = 0 AND retries > 0", "status <> 1 AND fallbacks > 0",
      "iif(late, 0, max(0, \"end\" - start))", isStream,
      "iif(\(isStream), first_token - ifnull(attempt_start, start), 0)",
    ]
  }
}

extension UsageSums {
  /// A row of `UsageTable.select` behind its labels.
  init(_ row: Statement, from place: Int32) {
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
