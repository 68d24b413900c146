import Record
import Support
import Tally
import TestSupport
import Testing

@testable import Ledger

@Suite struct RetentionTests {
  private let scratch = Scratch()

  /// Calls `dropExpired` until it says there is no more; how often that was.
  private func drop(_ ledger: CostLedger, now: Timestamp = noon) throws -> Int {
    var calls = 1
    while try ledger.dropExpired(now: now) {
      calls += 1
      guard calls < 1000 else {
        Issue.record("drops without end")
        return calls
      }
    }
    return calls
  }

  private func fill(_ book: Book, _ table: String, count: Int, _ row: String) throws {
    try book.ledger.database.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < \(count))
      INSERT INTO \(table) SELECT \(row) FROM n
      """)
  }

  private static let rollup = "0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0"

  @Test func identitiesAreForgottenADayAfterTheDedupHorizon() throws {
    let book = try Book(scratch)
    for (days, hash) in [(7, 1), (8, 2), (9, 3)] as [(Int64, UInt64)] {
      #expect(try book.ledger.admit(Identity(start: noon - .days(days), hash: hash)))
    }
    #expect(try drop(book.ledger) == 1)
    #expect(try !book.ledger.admit(Identity(start: noon - .days(7), hash: 1)))
    #expect(try !book.ledger.admit(Identity(start: noon - .days(8), hash: 2)))
    #expect(try book.ledger.admit(Identity(start: noon - .days(9), hash: 3)))
  }

  @Test func aCallDropsAtMostASlice() throws {
    let book = try Book(scratch)
    let old = (noon - .days(9)).microseconds
    try fill(book, "identity(start, hash)", count: 12_000, "\(old) + i, i")
    #expect(try book.ledger.dropExpired(now: noon))
    #expect(try book.query("SELECT count(*) FROM identity") == 7000)
    #expect(try drop(book.ledger) == 2)
    #expect(try book.query("SELECT count(*) FROM identity") == 0)
  }

  @Test func whatIsNotTooOldStays() throws {
    let book = try Book(scratch)
    try fill(
      book, "identity(start, hash)", count: 12_000, "\((noon - .days(7)).microseconds) + i, i")
    #expect(try drop(book.ledger) == 1)
    #expect(try book.query("SELECT count(*) FROM identity") == 12_000)
  }

  @Test func aQuarterWithMoreRowsThanASliceGoesAsAWhole() throws {
    let book = try Book(scratch)
    let quarter = (noon - .days(401)).microseconds / 900_000_000
    try fill(book, "rollup", count: 6000, "\(quarter), i, \(Self.rollup)")
    try fill(book, "rollup", count: 10, "\(quarter + 1), i, \(Self.rollup)")
    try fill(book, "rollup", count: 10, "\(quarter + 96 * 2), i, \(Self.rollup)")
    _ = try drop(book.ledger)
    #expect(try book.query("SELECT count(*) FROM rollup") == 10)
  }

  @Test func eachSideOfTheRollupsExpires() throws {
    let book = try Book(scratch)
    let old = (noon - .days(401)).microseconds / 900_000_000
    for side in 0..<3 {
      try fill(
        book, "rollup_side", count: 10,
        "\(side), \(old) + i, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0")
      try fill(
        book, "rollup_side", count: 3,
        "\(side), \(old) + 1000 + i, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0")
    }
    _ = try drop(book.ledger)
    #expect(try book.query("SELECT count(*) FROM rollup_side") == 9)
  }

  @Test func detailsExpireAndTheirSumsStay() throws {
    let book = try Book(scratch)
    for day in 0..<10 { book.add(UInt64(day), end: noon - .days(Int64(day))) }
    try book.commit(keepDetailsFrom: noon - .days(30))
    _ = try drop(book.ledger)
    #expect(try book.query("SELECT count(*) FROM request") == 8)
    #expect(try book.query("SELECT sum(requests) FROM rollup") == 10)
  }

  /// Requests a second apart, the oldest first, with texts as the proxy writes them.
  private func addRequests(_ count: Int, to book: Book) {
    let text = String(repeating: "x", count: 36)
    for number in (0..<count).reversed() {
      book.add(UInt64(number), end: noon - .seconds(Int64(number) + 2)) { record, batch in
        record.id = batch.add(text)
        record.trace = batch.add(text)
        record.attemptStart = record.start
      }
    }
  }

  @Test func detailsOverTheirSizeGoOldestFirst() throws {
    var options = LedgerOptions()
    options.path = scratch.file("ledger.db")
    options.detailSize = 600_000
    do {
      let book = try Book(scratch)
      addRequests(8000, to: book)
      try book.commit()
    }
    let ledger = try CostLedger(options: options, role: .owner)
    #expect(try ledger.detailSize() > 600_000)
    _ = try drop(ledger)
    #expect(try ledger.detailSize() < 600_000)
    #expect(try ledger.database.integer("SELECT count(*) FROM request") == 3000)
    #expect(
      try ledger.database.integer("SELECT min(\"end\") FROM request")
        == (noon - .seconds(3001)).microseconds)
    #expect(try ledger.database.integer("SELECT sum(requests) FROM rollup") == 8000)
  }

  @Test func theSizeOfDetailsIsAboutRight() throws {
    let book = try Book(scratch)
    addRequests(5000, to: book)
    try book.commit()
    let kept = try book.ledger.detailSize()
    let real = try book.query("SELECT sum(pgsize) FROM dbstat WHERE name = 'request'")
    #expect(kept > real * 3 / 4 && kept < real * 5 / 4)
    _ = try drop(book.ledger, now: noon + .days(30))
    #expect(try book.ledger.detailSize() == 0)
  }

  @Test func droppedPagesGoBackToTheDisk() throws {
    let book = try Book(scratch)
    try fill(
      book, "identity(start, hash)", count: 50_000, "\((noon - .days(9)).microseconds) + i, i")
    let before = try book.query("PRAGMA page_count")
    _ = try drop(book.ledger)
    for _ in 0..<10 { _ = try book.ledger.dropExpired(now: noon) }
    #expect(try book.query("PRAGMA page_count") < before / 2)
  }
}
