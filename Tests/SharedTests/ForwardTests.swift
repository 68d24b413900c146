import Ledger
import Postgres
import Record
import Support
import TestSupport
import Testing

@testable import Shared

/// What sidecars forward is in the shared ledger once, whoever else had it and whatever broke.
@Suite(.enabled(if: PostgresServer.isInstalled))
struct ForwardTests {
  private let scratch = Scratch()

  private func sidecar(_ name: String, _ database: SharedDatabase) throws -> Sidecar {
    try Sidecar(name, at: scratch.file("\(name).db"), url: database.url)
  }

  @Test func sumsOfSeveralSidecarsAreOne() throws {
    let database = try SharedDatabase()
    let (a, b) = (try sidecar("a", database), try sidecar("b", database))
    // The same values have other ids in the other file.
    for number in 0..<10 { a.add(UInt64(number), model: "m-\(number % 2)") }
    for number in 10..<30 {
      b.add(UInt64(number), model: "m-\(1 - number % 2)") { record, batch in
        record.user = batch.add("user-\(number % 4)")
        record.tags = Int32(batch.texts.count)..<Int32(batch.texts.count + 2)
        batch.texts += [batch.add("x"), batch.add("y")]
      }
    }
    try a.commit()
    try b.commit(requests: 7)
    #expect(try a.forward() == SharedLedger.Outcome(requests: 10, duplicates: 0))
    #expect(try b.forward() == SharedLedger.Outcome(requests: 20, duplicates: 0))
    #expect(try database.totals == [30, 30_000_000, 30, 30])
    let model = """
      SELECT sum(r.requests) FROM sidelight.rollup r JOIN sidelight.label l
        ON l.dimension = 'model' AND l.id = r.model WHERE l.value = 'm-1'
      """
    #expect(try database.integer(model) == 15)
    let side = "SELECT sum(requests) FROM sidelight.rollup_side WHERE side ="
    #expect(try database.integer("\(side) 0") == 20)
    #expect(try database.integer("\(side) 2") == 40)
    let text = """
      SELECT string_agg(DISTINCT l.dimension || '=' || l.value, ' ' ORDER BY
        l.dimension || '=' || l.value) FROM sidelight.label l
      """
    #expect(
      try database.text(text)
        == "key=svc-0 key=svc-1 key=svc-2 model=m-0 model=m-1 provider=openai tag=x tag=y"
        + " user=user-0 user=user-1 user=user-2 user=user-3")
  }

  @Test func whatAnotherSidecarHasCountedIsNotAddedAgain() throws {
    let database = try SharedDatabase()
    let (a, b) = (try sidecar("a", database), try sidecar("b", database))
    for number in 0..<10 { a.add(UInt64(number)) }
    for number in 5..<15 { b.add(UInt64(number)) }
    try a.commit()
    try b.commit()
    try a.forward()
    #expect(try b.forward() == SharedLedger.Outcome(requests: 5, duplicates: 5))
    #expect(try database.totals == [15, 15_000_000, 15, 15])
  }

  @Test func aGroupThatIsSentAgainIsNotAppliedAgain() throws {
    let database = try SharedDatabase()
    let a = try sidecar("a", database)
    for number in 0..<100 { a.add(UInt64(number)) }
    try a.commit(requests: 10)
    try a.forward()
    // The local file was not told: as after a crash, all rows are there and sent anew.
    a.shared = nil
    #expect(try a.forward() == SharedLedger.Outcome())
    a.add(100)
    try a.commit()
    #expect(try a.forward() == SharedLedger.Outcome(requests: 1, duplicates: 0))
    #expect(try database.totals == [101, 101_000_000, 101, 101])
  }

  @Test func eventsAreThereOnce() throws {
    let database = try SharedDatabase()
    let a = try sidecar("a", database)
    _ = try a.ledger.begin()
    let event = LedgerEvent(
      time: noon, kind: .providerHealth, subject: "open\0ai", detail: .object(["to": .text("x")]))
    try a.ledger.write(event)
    try a.ledger.commit()
    try a.commit()
    try a.forward()
    a.shared = nil
    try a.forward()
    let row =
      "SELECT instance || ' ' || kind || ' ' || subject || ' ' || detail FROM sidelight.event"
    #expect(try database.text(row) == #"a provider_health open�ai {"to":"x"}"#)
    #expect(try database.integer("SELECT count(*) FROM sidelight.event") == 1)
  }

  @Test func sumsStayAtTheLargestNumber() throws {
    let database = try SharedDatabase()
    let a = try sidecar("a", database)
    for number in [0, 3] {
      a.add(UInt64(number)) { record, _ in record.cost = Money(nanodollars: .max) }
      try a.commit()
      try a.forward()
    }
    #expect(try database.totals == [2, .max, 2, 2])
  }

  @Test func aDamagedRowIsLeftOut() throws {
    let database = try SharedDatabase()
    let a = try sidecar("a", database)
    a.add(1)
    try a.commit()
    try a.spool([1, 2, 3])
    try a.spool([])
    a.add(2)
    try a.commit()
    #expect(try a.forward() == SharedLedger.Outcome(requests: 2, duplicates: 0))
    #expect(try database.totals == [2, 2_000_000, 2, 2])
  }

  @Test func oldRequestsLeaveNoRowOfTheirOwn() throws {
    let database = try SharedDatabase()
    let a = try sidecar("a", database)
    a.add(1, end: noon - .days(8))
    a.add(2)
    try a.commit()
    try a.forward()
    #expect(try database.totals == [2, 2_000_000, 1, 2])
  }
}
