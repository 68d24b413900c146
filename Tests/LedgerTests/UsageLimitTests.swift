import Support
import Tally
import TestSupport
import Testing

@testable import Ledger

/// Questions that ask too much.
@Suite struct UsageLimitTests {
  private let book: Book
  private let scratch = Scratch()

  init() throws {
    book = try Book(scratch)
    let quarter = noon.microseconds / RollupKey.quarterMicroseconds
    try book.ledger.database.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO rollup SELECT \(quarter), 2, i, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 FROM n
      """)
  }

  private func ask(_ by: [UsageLabel], within span: TimeSpan) throws -> [UsageGroup] {
    let reader = try LedgerReader(path: book.options.path)
    reader.allow(span)
    var query = UsageQuery(
      source: .rollups,
      windows: [CalendarWindow(start: noon - .hours(1), end: noon + .hours(1))],
      extras: ExtraLabels(LabelOptions()))
    query.by = by
    var groups: [UsageGroup] = []
    try reader.usage(query) { groups += $1 }
    return groups
  }

  @Test func moreGroupsThanFitAreRefused() throws {
    #expect(throws: LedgerError.tooManyGroups) { try ask([.provider], within: .seconds(60)) }
    #expect(try ask([.status], within: .seconds(60)).map(\.sums.requests) == [100_001])
  }

  @Test func timeIsBounded() throws {
    #expect(throws: LedgerError.tookTooLong) { try ask([.status], within: .seconds(-1)) }
  }

  @Test func sumsStayAtTheLargestNumber() throws {
    try book.ledger.database.execute("UPDATE rollup SET cost = \(Int64.max / 2) WHERE provider < 5")
    #expect(try ask([.status], within: .seconds(60)).map(\.sums.cost) == [.max])
  }
}
