package import Support
package import Tally

/// A question about what was spent, for budgets that begin and for who drives them.
package struct SpendQuery: Sendable {
  /// Where the answer is.
  package enum Source: Sendable, Equatable {
    /// By quarters of an hour, for as long as roll-ups are kept.
    case rollups
    /// Likewise, of one label that is not crossed with others.
    case side(SideRollupKey.Side)
    /// By minutes, for as long as single requests are kept.
    case requests
  }

  /// What was spent in one quarter or minute.
  package struct Row: Sendable, Equatable {
    /// Its begin.
    package var time: Timestamp
    /// The id of the value asked `by`; 0 if none was.
    package var value: UInt32
    package var nanodollars: Int64
    package var requests: Int64
    package var tokens: Int64
  }

  /// What one model spent in all.
  package struct Share: Sendable, Equatable {
    package var value: UInt32
    package var provider: UInt32
    package var model: UInt32
    package var nanodollars: Int64
    package var requests: Int64
    package var tokens: Int64
  }

  package var source: Source
  package var from: Timestamp
  package var to: Timestamp
  /// The ids that a label may have; all of them have to hold.
  package var filter: [(Dimension, [UInt32])]
  /// Tell its values apart.
  package var by: Dimension?

  /// Everything between two times.
  package init(
    source: Source, from: Timestamp, to: Timestamp, filter: [(Dimension, [UInt32])] = [],
    by: Dimension? = nil
  ) {
    self.source = source
    self.from = from
    self.to = to
    self.filter = filter
    self.by = by
  }

  fileprivate var table: String {
    switch source {
    case .rollups: "rollup"
    case .side: "rollup_side"
    case .requests: "request"
    }
  }

  fileprivate var time: String {
    source == .requests ? "\"end\" / 60000000 * 60000000" : "quarter * 900000000"
  }

  fileprivate var sums: String {
    source == .requests
      ? "total(iif(cached, 0, cost)), sum(late = 0), total(iif(cached, 0, input + output))"
      : "total(cost), total(requests), total(input + output)"
  }

  fileprivate func column(_ dimension: Dimension) -> String {
    if case .side = source { return "value" }
    switch dimension {
    // The column has this name.
    case .provider, .model, .route, .key, .team, .extras, .deployment, .powerLevel:
      return dimension.text
    default: return "0"
    }
  }

  /// Ids and times are numbers: nothing in it is anybody's text.
  fileprivate var conditions: String {
    var parts: [String] = []
    if source == .requests {
      parts.append("\"end\" >= \(from.microseconds) AND \"end\" < \(to.microseconds)")
    } else {
      let quarter = RollupKey.quarterMicroseconds
      parts.append(
        "quarter >= \(from.microseconds / quarter) AND quarter * \(quarter) < \(to.microseconds)")
    }
    if case .side(let side) = source { parts.append("side = \(side.rawValue)") }
    for (dimension, ids) in filter {
      let list = ids.map(String.init).joined(separator: ",")
      parts.append("\(column(dimension)) IN (\(list))")
    }
    return parts.joined(separator: " AND ")
  }

  fileprivate var value: String { by.map(column) ?? "0" }
}

extension CostLedger {
  /// What was spent when; values in no order.
  package func spend(_ query: SpendQuery) throws(LedgerError) -> [SpendQuery.Row] {
    let statement = try database.prepare(
      """
      SELECT \(query.time), \(query.value), \(query.sums) FROM \(query.table)
      WHERE \(query.conditions) GROUP BY 1, 2
      """)
    var rows: [SpendQuery.Row] = []
    while try statement.step() {
      rows.append(
        SpendQuery.Row(
          time: Timestamp(microseconds: statement.integer(0)),
          value: UInt32(truncatingIfNeeded: statement.integer(1)),
          nanodollars: statement.integer(2), requests: statement.integer(3),
          tokens: statement.integer(4)))
    }
    return rows
  }

  /// Who spent it, by provider and model; the roll-ups of users and tags do not tell.
  package func shares(_ query: SpendQuery) throws(LedgerError) -> [SpendQuery.Share] {
    if case .side = query.source { return [] }
    let statement = try database.prepare(
      """
      SELECT \(query.value), provider, model, \(query.sums) FROM \(query.table)
      WHERE \(query.conditions) GROUP BY 1, 2, 3
      """)
    var shares: [SpendQuery.Share] = []
    while try statement.step() {
      shares.append(
        SpendQuery.Share(
          value: UInt32(truncatingIfNeeded: statement.integer(0)),
          provider: UInt32(truncatingIfNeeded: statement.integer(1)),
          model: UInt32(truncatingIfNeeded: statement.integer(2)),
          nanodollars: statement.integer(3), requests: statement.integer(4),
          tokens: statement.integer(5)))
    }
    return shares
  }
}
