package import Support
package import Tally

/// A ledger that usage is summed up from: the local file, or one that sidecars share.
package protocol UsageStore {
  associatedtype Answer: UsageAnswer

  /// Has all that is read from now on be of one moment.
  func beginSnapshot() throws(LedgerError)
  /// A vocabulary's values with their ids, in the order of those.
  func values(of dimension: Dimension) throws(LedgerError) -> [(id: Int, text: String)]
  /// What pseudonyms are made with.
  func secret() throws(LedgerError) -> [UInt8]
  /// Makes a question ready to be asked of one window after the other.
  func answer(_ question: UsageQuestion) throws(LedgerError) -> Answer
  /// How far back it knows.
  func usageHorizon() throws(LedgerError) -> UsageHorizon
  /// Whether the roll-ups hold requests that ended in quarters of an hour between two times.
  func hasUsage(from: Timestamp, to: Timestamp) throws(LedgerError) -> Bool
  /// Has every question end before so much time has passed.
  func allow(_ span: TimeSpan)
}

/// What a ledger answers to a question.
package protocol UsageAnswer {
  associatedtype Rows: UsageCursor

  /// Calls `body` for each table whose rows together are the window's.
  func each(
    of window: CalendarWindow, _ body: (Rows) throws(LedgerError) -> Void
  ) throws(LedgerError)
}

/// Rows, one after the other.
package protocol UsageCursor {
  /// Whether there is a row (or a further one).
  func step() throws(LedgerError) -> Bool
  func integer(_ column: Int32) -> Int64
}

/// What is asked of one table, and of the blocks made of it.
package struct UsageQuestion: Sendable {
  let table: UsageTable
  let query: UsageQuery
  /// Labels that rows are told apart by besides.
  let hidden: [UsageLabel]
  let filter: [(label: UsageLabel, ids: [UInt32])]

  /// Of the bounds, in microseconds.
  package var unit: Int64 {
    query.source == .rollups ? RollupKey.quarterMicroseconds : 1
  }

  /// For SQLite, whose bounds are `?`.
  func select(_ table: UsageTable) -> String {
    table.select((query.by + hidden).map(table.column), where: conditions(table))
  }

  /// For PostgreSQL, whose bounds are `$1` and `$2`; sums by all columns but the measures.
  package var postgres: String {
    table.sharedSelect((query.by + hidden).map(table.column), where: conditions(table))
  }

  private func conditions(_ table: UsageTable) -> [String] {
    filter.map { label, ids in
      ids.isEmpty
        ? "1 = 0" : "\(table.column(label)) IN (\(ids.map(String.init).joined(separator: ",")))"
    }
  }
}

extension UsageStore {
  /// What texts read as under a label, such as pseudonyms of addresses.
  func labelReading() throws(LedgerError) -> @Sendable (Dimension, String) -> String {
    LabelSpace(options: LabelOptions(), secret: try secret(), values: [], today: 0).reading
  }
}

extension Statement: UsageCursor {}

extension LedgerReader: UsageStore {
  /// Has all that is read from now on be of one moment, and end before so much time has passed.
  package func allow(_ span: TimeSpan) { database.allow(span) }

  package func beginSnapshot() throws(LedgerError) {
    if !database.isInTransaction { try database.execute("BEGIN") }
  }

  package func values(
    of dimension: Dimension
  ) throws(LedgerError) -> [(id: Int, text: String)] {
    let rows = try database.prepare(
      "SELECT id, value FROM label_value WHERE label = ? ORDER BY id")
    rows.bind(dimension.text)
    var values: [(id: Int, text: String)] = []
    while try rows.step() { values.append((Int(rows.integer(0)), rows.text(1))) }
    return values
  }

  package func secret() throws(LedgerError) -> [UInt8] {
    let row = try database.prepare("SELECT value FROM meta WHERE key = 'secret'")
    guard try row.step() else {
      throw .corrupt(path: database.path, reason: "its secret is missing")
    }
    return row.blob(0)
  }

  package func answer(_ question: UsageQuestion) throws(LedgerError) -> UsageRows {
    try UsageRows(question, in: database)
  }
}
