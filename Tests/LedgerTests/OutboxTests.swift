import Glibc
import Support
import TestSupport
import Testing

@testable import Ledger

@Suite struct OutboxTests {
  private let scratch = Scratch()

  private func row(
    _ id: String, to receiver: String = "ops", created: Timestamp = noon
  ) -> OutboxRow {
    OutboxRow(
      receiver: receiver, id: id, orderingKey: "daily", title: "title of \(id)",
      body: Array("{\"\u{0}\":1}".utf8), created: created)
  }

  private func commit(
    _ ledger: CostLedger, _ body: (CostLedger) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    _ = try ledger.begin()
    try body(ledger)
    try ledger.commit()
  }

  private func change(
    _ number: Int64, _ fate: OutboxChange.Fate, allDueFrom: Timestamp? = nil
  ) -> OutboxChange {
    OutboxChange(
      number: number, receiver: "ops", fate: fate, attempts: 2, isBarred: true, answer: "why",
      allDueFrom: allDueFrom)
  }

  @Test("what was added is there after a restart, each id once for each receiver")
  func add() throws {
    let book = try Book(scratch)
    let numbers = Locked<[Int64?]>([])
    try commit(book.ledger) { ledger throws(LedgerError) in
      for row in [row("a"), row("b"), row("a"), row("a", to: "n8n")] {
        let added = try ledger.add(row)
        numbers.withLock { $0.append(added?.number) }
      }
    }
    // What is not added may still use up a number.
    #expect(numbers.withLock { $0 } == [1, 2, nil, 4])
    let waiting = try book.ledger.waitingMessages()
    var expected = [row("a"), row("b"), row("a", to: "n8n")]
    for (index, number) in [1, 2, 4].enumerated() { expected[index].number = Int64(number) }
    #expect(waiting == expected)
  }

  @Test("a transaction that is undone leaves nothing")
  func rollback() throws {
    let book = try Book(scratch)
    _ = try book.ledger.begin()
    _ = try book.ledger.add(row("a"))
    book.ledger.rollback()
    #expect(try book.ledger.waitingMessages() == [])
  }

  @Test("delivered messages go, others wait or are kept as given up")
  func changes() throws {
    let book = try Book(scratch)
    try commit(book.ledger) { ledger throws(LedgerError) in
      for id in ["a", "b", "c"] { _ = try ledger.add(row(id)) }
      try ledger.write(change(1, .delivered))
      try ledger.write(change(2, .waits(until: noon + .hours(1))))
      try ledger.write(change(3, .givenUp(at: noon + .hours(72))))
    }
    let waiting = try book.ledger.waitingMessages()
    #expect(waiting.map(\.number) == [2])
    #expect(waiting[0].due == noon + .hours(1) && waiting[0].attempts == 2)
    #expect(waiting[0].isBarred && waiting[0].answer == "why")
    let all = try OutboxDesk(path: book.options.path).messages()
    #expect(all.map(\.number) == [2, 3])
    #expect(all[1].givenUp == noon + .hours(72) && all[1].title == "title of c")
  }

  @Test("a receiver that does well again has all of its messages due, and only its")
  func bringForward() throws {
    let book = try Book(scratch)
    try commit(book.ledger) { ledger throws(LedgerError) in
      _ = try ledger.add(row("a", created: noon + .hours(1)))
      _ = try ledger.add(row("b", created: noon - .hours(1)))
      _ = try ledger.add(row("c", to: "n8n", created: noon + .hours(1)))
      _ = try ledger.add(row("d"))
      try ledger.write(change(4, .delivered, allDueFrom: noon))
    }
    let due = try book.ledger.waitingMessages().map(\.due)
    #expect(due == [noon, noon - .hours(1), noon + .hours(1)])
  }

  @Test("an operator retries and drops beside a daemon, which sees that something changed")
  func desk() throws {
    let book = try Book(scratch)
    try commit(book.ledger) { ledger throws(LedgerError) in
      _ = try ledger.add(row("a"))
      _ = try ledger.add(row("b"))
      try ledger.write(change(2, .givenUp(at: noon)))
    }
    #expect(try !book.ledger.hasNews())
    let desk = try OutboxDesk(path: book.options.path)
    #expect(try desk.retry(2, now: noon + .hours(5)))
    #expect(try desk.drop(1))
    #expect(try !desk.drop(1))
    #expect(try !desk.retry(7, now: noon))
    #expect(try book.ledger.hasNews())
    let waiting = try book.ledger.waitingMessages()
    #expect(waiting.map(\.number) == [2])
    #expect(waiting[0].due == noon + .hours(5) && waiting[0].created == noon + .hours(5))
    #expect(waiting[0].attempts == 0 && !waiting[0].isBarred && waiting[0].givenUp == nil)
  }

  @Test("without a ledger there is no outbox, and none is made")
  func noLedger() {
    #expect(throws: LedgerError.self) { try OutboxDesk(path: scratch.file("none.db")) }
    #expect(access(scratch.file("none.db"), F_OK) != 0)
  }

  @Test("what was given up long ago, or is too much, goes; what waits stays")
  func retention() throws {
    let book = try Book(scratch)
    try commit(book.ledger) { ledger throws(LedgerError) in
      for number in 1...Int64(CostLedger.mostGivenUp + 10) {
        _ = try ledger.add(row("a\(number)"))
        try ledger.write(change(number, .givenUp(at: noon + .seconds(number))))
      }
      _ = try ledger.add(row("waits", created: noon - .days(365)))
    }
    let desk = try OutboxDesk(path: book.options.path)
    _ = try book.ledger.dropExpired(now: noon)
    #expect(try desk.messages().map(\.number).min() == 11)
    #expect(try desk.messages().count == CostLedger.mostGivenUp + 1)
    _ = try book.ledger.dropExpired(now: noon + .days(30) + .seconds(20))
    #expect(try desk.messages().map(\.number).min() == 20)
    _ = try book.ledger.dropExpired(now: noon + .days(60))
    #expect(try desk.messages().map(\.id) == ["waits"])
  }
}
