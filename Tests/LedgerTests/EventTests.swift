import Support
import TestSupport
import Testing

@testable import Ledger

@Suite struct EventTests {
  private let scratch = Scratch()

  private func event(
    _ subject: String, _ kind: LedgerEvent.Kind = .providerHealth, ago: TimeSpan = .seconds(0)
  ) -> LedgerEvent {
    LedgerEvent(
      time: noon - ago, kind: kind, subject: subject, detail: .object(["to": .text("unhealthy")]))
  }

  private func subjects(
    _ book: Book, _ change: (inout LedgerReader.EventQuery) -> Void = { _ in }
  ) throws -> [String] {
    var query = LedgerReader.EventQuery()
    change(&query)
    return try LedgerReader(path: book.options.path).events(query).map(\.subject)
  }

  @Test func anEventIsReadBackAsItWasWritten() throws {
    let book = try Book(scratch)
    let written = event("open\"ai\u{202E}")
    try book.ledger.write(written)
    let read = try LedgerReader(path: book.options.path).events(.init())
    #expect(read.map(\.json.encoded) == [written.json.encoded])
    #expect(
      written.json.encoded == #"""
        {"time":1795262400,"kind":"provider_health","subject":"open\"ai\u202e","detail":{"to":"unhealthy"}}
        """#)
  }

  @Test func anEventIsPartOfItsTransaction() throws {
    let book = try Book(scratch)
    _ = try book.ledger.begin()
    try book.ledger.write(event("lost"))
    book.ledger.rollback()
    #expect(try subjects(book) == [])
    _ = try book.ledger.begin()
    try book.ledger.write(event("kept"))
    #expect(try subjects(book) == [])
    try book.ledger.commit()
    #expect(try subjects(book) == ["kept"])
  }

  @Test func eventsAreFoundByTimeAndKind() throws {
    let book = try Book(scratch)
    for (subject, kind, ago) in [
      ("a", .providerHealth, 30), ("b", .deploymentHealth, 20), ("c", .providerHealth, 10),
      ("d", .providerHealth, 10),
    ] as [(String, LedgerEvent.Kind, Int64)] {
      try book.ledger.write(event(subject, kind, ago: .seconds(ago)))
    }
    #expect(try subjects(book) == ["d", "c", "b", "a"])
    #expect(try subjects(book) { $0.limit = 2 } == ["d", "c"])
    #expect(try subjects(book) { $0.from = noon - .seconds(20) } == ["d", "c", "b"])
    #expect(try subjects(book) { $0.to = noon - .seconds(10) } == ["b", "a"])
    #expect(try subjects(book) { $0.kinds = [.deploymentHealth] } == ["b"])
    #expect(
      try subjects(book) { $0.kinds = LedgerEvent.Kind.allCases } == ["d", "c", "b", "a"])
  }

  @Test func longSubjectsAreCutBetweenCharacters() throws {
    let book = try Book(scratch)
    try book.ledger.write(event("x" + String(repeating: "ü", count: 400)))
    #expect(try subjects(book) == ["x" + String(repeating: "ü", count: 255)])
  }

  @Test func eventsAreKeptAsLongAsRollups() throws {
    let book = try Book(scratch)
    try book.ledger.write(event("old", ago: .days(401)))
    try book.ledger.write(event("young", ago: .days(399)))
    while try book.ledger.dropExpired(now: noon) {}
    #expect(try subjects(book) == ["young"])
  }

  @Test func onlySoManyAreKept() throws {
    let book = try Book(scratch)
    try book.ledger.database.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20300)
      INSERT INTO event(time, kind, subject, detail)
      SELECT \(noon.microseconds) + i, 'provider_health', i, '{}' FROM n
      """)
    try book.ledger.write(event("rare", .deploymentHealth, ago: .days(30)))
    while try book.ledger.dropExpired(now: noon) {}
    #expect(try book.query("SELECT count(*) FROM event") == 20_001)
    // Those of another kind stay.
    #expect(
      try book.query("SELECT min(CAST(subject AS INTEGER)) FROM event WHERE subject <> 'rare'")
        == 301)
  }

  @Test func aReaderNeedsALedger() {
    #expect(throws: LedgerError.self) { try LedgerReader(path: scratch.file("none.db")) }
  }
}
