import Support
import Tally

/// The rows that answer a question: of one table, or of the blocks made of it.
struct UsageRows {
  /// For microseconds or quarters of an hour.
  private let rows: Statement
  private let unit: Int64
  private var blocks: [RollupBlock.Span: Statement] = [:]
  /// Up to which quarter days are in blocks.
  private var through: [Int64: Int64] = [:]

  /// Rows begin with the ids of the question's `by`, then of `hidden`; then as `UsageSums` reads them.
  init(
    _ table: UsageTable, _ query: UsageQuery, hidden: [UsageLabel],
    filter: [(label: UsageLabel, ids: [UInt32])], in database: Database
  ) throws(LedgerError) {
    func select(_ table: UsageTable) -> String {
      let conditions = filter.map { label, ids in
        "\(table.column(label)) IN (\(ids.map(String.init).joined(separator: ",")))"
      }
      return table.select((query.by + hidden).map(table.column), where: conditions)
    }
    rows = try database.prepare(select(table))
    unit = query.source == .rollups ? RollupKey.quarterMicroseconds : 1
    guard let form = table.form(holding: query.labels), let first = query.windows.first,
      let last = query.windows.last, first.start.microseconds >= 0
    else { return }
    let day: Int64 = 86_400_000_000
    through = try database.blockedDays(
      first.start.microseconds / day...last.end.microseconds / day)
    for span in form.spans { blocks[span] = try database.prepare(select(.block(form, span))) }
  }

  /// Calls `body` for each table whose rows together are the window's.
  func each(
    of window: CalendarWindow, _ body: (Statement) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    let range = window.start.microseconds / unit..<window.end.microseconds / unit
    guard !blocks.isEmpty else { return try run(rows, range, body) }
    let plan = UsagePieces(range, through: through, hasHours: blocks[.hour] != nil)
    for piece in plan.pieces {
      try run(piece.span.flatMap { blocks[$0] } ?? rows, piece.quarters, body)
    }
  }

  private func run(
    _ rows: Statement, _ range: Range<Int64>, _ body: (Statement) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    rows.bind(range.lowerBound)
    rows.bind(range.upperBound)
    defer { rows.reset() }
    try body(rows)
  }
}

extension UsageTable {
  /// The blocks with all these labels and the fewest rows; nil for single requests.
  fileprivate func form(holding labels: [UsageLabel]) -> RollupBlock.Form? {
    switch self {
    case .rollup: RollupBlock.Form(holding: labels)
    case .rest: .models
    case .side(let side): RollupBlock.Form(side)
    case .request, .block: nil
    }
  }
}

extension Database {
  /// What texts read as under a label, such as pseudonyms of addresses.
  func labelReading() throws(LedgerError) -> @Sendable (Dimension, String) -> String {
    let row = try prepare("SELECT value FROM meta WHERE key = 'secret'")
    guard try row.step() else { throw .corrupt(path: path, reason: "its secret is missing") }
    return LabelSpace(
      options: LabelOptions(), secret: row.blob(0), values: [], today: 0
    ).reading
  }
}
