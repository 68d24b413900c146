import Record
import Support
import Tally
import TestSupport
import Testing

@testable import Ledger

/// Roll-ups of hours and days: what they answer is what quarters of an hour answer.
@Suite struct BlockTests {
  private let scratch = Scratch()
  private let book: Book

  init() throws { book = try Book(scratch) }

  /// Makes all blocks there are to make; how many steps it took.
  @discardableResult
  private func build(now: Timestamp = noon) throws -> Int {
    var builder = BlockBuilder()
    try builder.plan(book.ledger, now: now)
    var steps = 0
    while try builder.step(book.ledger, now: now), steps < 10_000 { steps += 1 }
    return steps
  }

  private func answer(
    _ by: [UsageLabel], from: Timestamp, to: Timestamp, parts: Int = 1,
    filter: [(label: UsageLabel, values: [String])] = []
  ) throws -> [String] {
    let quarter = RollupKey.quarterMicroseconds
    let (first, last) = (from.microseconds / quarter, to.microseconds / quarter)
    let edges = (0...Int64(parts)).map { first + (last - first) * $0 / Int64(parts) }
    let windows = zip(edges, edges.dropFirst()).map {
      CalendarWindow(
        start: Timestamp(microseconds: $0 * quarter), end: Timestamp(microseconds: $1 * quarter))
    }
    var query = UsageQuery(
      source: .rollups, windows: windows, extras: ExtraLabels(LabelOptions()))
    (query.by, query.filter) = (by, filter)
    var rows: [String] = []
    try LedgerReader(path: book.options.path).usage(query) { window, groups in
      rows += groups.map { "\(window.start) \($0.labels) \($0.sums)" }.sorted()
    }
    return rows
  }

  /// Requests at random over four days; some end late, when their hour is in a block.
  private func fill(_ random: inout SeededRandom, count: Int, firstNumber: UInt64) throws {
    for index in 0..<UInt64(count) {
      let ago = TimeSpan.seconds(Int64.random(in: 0..<345_600, using: &random))
      let model = "m\(Int.random(in: 0..<3, using: &random))"
      let user = ["", "u1", "u2"].randomElement(using: &random) ?? ""
      let key = "k\(Int.random(in: 0..<4, using: &random))"
      let outcome = Outcome.allCases.randomElement(using: &random) ?? .success
      let tag = Bool.random(using: &random)
      book.add(firstNumber + index, model: model, user: user, end: noon - ago) { record, batch in
        record.keyAlias = batch.add(key)
        record.outcome = outcome
        if tag {
          let first = Int32(batch.texts.count)
          batch.texts += [batch.add("t1"), batch.add("t2")]
          record.tags = first..<first + 2
        }
      }
    }
    try book.commit()
  }

  private static let questions: [[UsageLabel]] = [
    [], [.model], [.key], [.key, .team], [.model, .key], [.status], [.user], [.user, .status],
    [.tag], [.provider, .route, .powerLevel, .status],
  ]

  @Test(arguments: 0..<6)
  func blocksAnswerWhatQuartersDo(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var number: UInt64 = 1
    for round in 0..<4 {
      try fill(&random, count: 300, firstNumber: number)
      number += 300
      let from = noon - .seconds(Int64.random(in: 86_400..<400_000, using: &random))
      let to = noon - .seconds(Int64.random(in: 0..<80_000, using: &random))
      let parts = Int.random(in: 1...5, using: &random)
      for by in Self.questions {
        let filter: [(label: UsageLabel, values: [String])] =
          by.contains(.user) ? [(.user, ["u1", "none"])] : []
        try book.ledger.database.execute("DELETE FROM rollup_day")
        let expected = try answer(by, from: from, to: to, parts: parts, filter: filter)
        #expect(try build(now: noon - .hours(Int64(3 - round))) > 0)
        #expect(try answer(by, from: from, to: to, parts: parts, filter: filter) == expected)
      }
    }
  }

  @Test func blocksAreMadeOnceAndAnewWhereSomethingCameLate() throws {
    for hours in 0..<72 { book.add(UInt64(hours), end: noon - .hours(Int64(hours))) }
    try book.commit()
    #expect(try build() == 4)
    #expect(try build() == 0)
    #expect(try book.query("SELECT sum(requests) FROM rollup_block WHERE form = 2") == 70)
    // In the hour that is under way.
    book.add(100, end: noon)
    try book.commit()
    #expect(try build() == 0)
    // Yesterday, and an hour ago by another process' clock.
    book.add(101, end: noon - .days(1))
    book.add(102, end: noon - .hours(2))
    try book.commit()
    #expect(try book.query("SELECT count(*) FROM rollup_day") == 2)
    #expect(try build() == 2)
    #expect(try book.query("SELECT sum(requests) FROM rollup_block WHERE form = 2") == 72)
    // An hour later there is one hour more.
    #expect(try build(now: noon + .hours(1)) == 1)
    #expect(try build(now: noon + .hours(1)) == 0)
    #expect(try book.query("SELECT sum(requests) FROM rollup_block WHERE form = 0") == 2 * 73)
  }

  @Test func manyRowsAreReadAFewAtATime() throws {
    // 2000 rows in each hour of a day.
    let quarter = (noon - .days(1)).day
    try book.ledger.database.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 48000)
      INSERT INTO rollup SELECT \(Int64(quarter) * 96) + i / 500, 2, i % 500, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 FROM n
      """)
    #expect(try build() == 3)
    #expect(
      try book.query("SELECT sum(requests) FROM rollup_block WHERE form = 0 AND span = 96")
        == 48_000)
    #expect(try book.query("SELECT through FROM rollup_day") == Int64(quarter) * 96 + 96)
  }

  @Test func oldBlocksAreDropped() throws {
    for day in [0, 1, 399, 400, 401, 402] as [Int64] {
      book.add(UInt64(day), end: noon - .days(day))
    }
    try book.commit(keepDetailsFrom: noon)
    try build(now: noon - .days(3))
    #expect(try book.query("SELECT count(*) FROM rollup_day") == 4)
    while try book.ledger.dropExpired(now: noon) {}
    // The day of which half is dropped is in quarters again, and stays so.
    #expect(try book.query("SELECT count(*) FROM rollup") == 4)
    #expect(try book.query("SELECT count(*) FROM rollup_day") == 1)
    #expect(
      try book.query("SELECT count(*) FROM rollup_block WHERE form = 2")
        == book.query("SELECT count(*) FROM rollup_day"))
    try build()
    try build()
    #expect(try book.query("SELECT count(*) FROM rollup_day") == 3)
  }

  @Test func piecesCoverEveryQuarterOnce() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<500 {
      let from = Int64.random(in: 0..<400, using: &random)
      let to = from + Int64.random(in: 0..<400, using: &random)
      var through: [Int64: Int64] = [:]
      for day in 0..<9 as Range<Int64> where Bool.random(using: &random) {
        through[day] = day * 96 + 4 * Int64.random(in: 0...24, using: &random)
      }
      let plan = UsagePieces(from..<to, through: through, hasHours: Bool.random(using: &random))
      var covered: [Int64] = []
      for piece in plan.pieces {
        guard piece.span == .day else {
          covered += piece.quarters
          continue
        }
        for day in stride(from: piece.quarters.lowerBound, to: piece.quarters.upperBound, by: 96) {
          #expect(day % 96 == 0)
          covered += day..<(through[day / 96] ?? day)
        }
      }
      #expect(covered == Array(from..<max(from, to)))
    }
  }
}
