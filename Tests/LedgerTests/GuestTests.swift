import Metrics
import Record
import Support
import Tally
import TestSupport
import Testing

@testable import Ledger

/// An import beside the daemon: two connections, one file.
@Suite struct GuestTests {
  private let scratch = Scratch()

  @Test func sumsOfBothAreAddedUp() throws {
    let owner = try Book(scratch)
    let guest = try Book(scratch, role: .guest)
    for number in 0..<40 as Range<UInt64> {
      owner.add(number, model: "m\(number % 7)")
      guest.add(1000 + number, model: "m\(number % 5)")
      try owner.commit()
      try guest.commit()
    }
    #expect(try owner.query("SELECT sum(requests) FROM rollup") == 80)
    #expect(try owner.query("SELECT sum(cost) FROM rollup") == 80_000_000)
    #expect(try owner.query("SELECT count(*) FROM request") == 80)
    let requests = try owner.stored(.requests)
    #expect(requests.values.reduce(0) { $0 + $1[0] } == 80)
    #expect(requests["openai|m0|none|success"] == [6 + 8])
  }

  @Test func numbersOfLabelValuesAreNeverGivenTwice() throws {
    let owner = try Book(scratch)
    let guest = try Book(scratch, role: .guest)
    owner.add(1, model: "a")
    try owner.commit()
    guest.add(2, model: "b")
    guest.add(3, model: "a")
    try guest.commit()
    owner.add(4, model: "c")
    owner.add(5, model: "b")
    try owner.commit()
    let models = try owner.ledger.labelValues().filter { $0.dimension == .model }
    #expect(models.map(\.text) == ["a", "b", "c"])
    #expect(models.map(\.id) == [2, 3, 4])
    #expect(
      try owner.stored(.requests) == [
        "openai|a|none|success": [2], "openai|b|none|success": [2], "openai|c|none|success": [1],
      ])
  }

  @Test func anEventOfBothIsCountedOnce() throws {
    let owner = try Book(scratch)
    let guest = try Book(scratch, role: .guest)
    owner.add(1)
    try owner.commit()
    guest.add(1)
    guest.add(2)
    try guest.commit()
    owner.add(2)
    try owner.commit()
    #expect(try owner.query("SELECT sum(requests) FROM rollup") == 2)
  }

  @Test func whetherTheOtherHasWrittenIsSeen() throws {
    let owner = try Book(scratch)
    let guest = try Book(scratch, role: .guest)
    try owner.commit()
    #expect(try !owner.ledger.begin())
    owner.ledger.rollback()
    guest.add(1)
    try guest.commit()
    #expect(try owner.ledger.begin())
    owner.ledger.rollback()
    owner.add(2)
    try owner.commit()
    #expect(try !owner.ledger.begin())
    owner.ledger.rollback()
  }

  @Test func aTransactionKeepsTheOtherOut() throws {
    let owner = try Book(scratch)
    let guest = try Book(scratch, role: .guest)
    try guest.ledger.database.execute("PRAGMA busy_timeout = 0")
    _ = try owner.ledger.begin()
    #expect(
      throws: LedgerError.locked(path: owner.ledger.database.path)
    ) { try guest.commit() }
    owner.ledger.rollback()
    guest.add(1)
    try guest.commit()
  }
}
