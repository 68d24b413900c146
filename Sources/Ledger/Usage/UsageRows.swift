package import Support
import Tally

/// The rows that answer a question: of one table, or of the blocks made of it.
package struct UsageRows: UsageAnswer {
  /// For microseconds or quarters of an hour.
  private let rows: Statement
  private let unit: Int64
  private var blocks: [RollupBlock.Span: Statement] = [:]
  /// Up to which quarter days are in blocks.
  private var through: [Int64: Int64] = [:]

  /// Rows begin with the ids of the question's `by`, then of `hidden`; then as `UsageSums` reads them.
  init(_ question: UsageQuestion, in database: Database) throws(LedgerError) {
    let (table, query) = (question.table, question.query)
    rows = try database.prepare(question.select(table))
    unit = question.unit
    guard let form = table.form(holding: query.labels), let first = query.windows.first,
      let last = query.windows.last, first.start.microseconds >= 0
    else { return }
    let day: Int64 = 86_400_000_000
    through = try database.blockedDays(
      first.start.microseconds / day...last.end.microseconds / day)
    for span in form.spans {
      blocks[span] = try database.prepare(question.select(.block(form, span)))
    }
  }

  /// Calls `body` for each table whose rows together are the window's.
  package func each(
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
