import Budget
import Shared
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// What a pipeline leaves for a shared ledger, in the transaction that counts it.
@Suite struct SpoolTests {
  private let rig = Rig()

  private func board() throws -> SharedBoard {
    let board = SharedBoard(wakeup: try #require(Wakeup()))
    rig.shared = board
    return board
  }

  private func write(_ ids: ClosedRange<Int>, user: String = "") {
    let lines = ids.map { id in
      """
      {"kind":"request","id":"r-\(id)","start":1795262398,"end":1795262399,"outcome":"success",\
      "provider":"openai","model":"gpt-4o","attempts":1,"tokens":{"input":10,"output":5},\
      "cost_usd":0.25,"key":{"id":"7b5b1709","alias":"svc-\(id % 2)"},"user":"\(user)"}

      """
    }
    rig.scratch.append(lines.joined(), to: "proxy.jsonl")
  }

  private func rows() throws -> [SpoolReader.Row] {
    try SpoolReader(path: rig.settings.ledger.path).rows(
      after: 0, requests: 1_000_000, bytes: 1 << 30)
  }

  @Test func whatIsCountedIsSpooledWithWhatItAddsToBudgets() throws {
    let board = try board()
    var rule = BudgetRule()
    rule.name = "keys"
    rule.limit = BudgetLimit(1_000_000_000, .usd)
    rule.per = .key
    rig.settings.budgets = [rule]
    write(1...3)
    try rig.run()
    let batch = try #require(try rows().first?.batch)
    #expect(batch.requests.map(\.row.id) == ["r-1", "r-2", "r-3"])
    #expect(batch.requests.map(\.sums.usual.cost) == [250_000_000, 250_000_000, 250_000_000])
    #expect(batch.scopes.map(\.text) == ["svc-1", "svc-0"])
    #expect(batch.scopes.allSatisfy { $0.budget == rule.identity && $0.period == .days(1) })
    #expect(batch.requests.map { $0.shares.map(\.scope) } == [[0], [1], [0]])
    #expect(
      batch.requests.map { $0.shares.map(\.amount) } == [
        [250_000_000], [250_000_000], [250_000_000],
      ])
    #expect(board.current.bytes > 0)
    #expect(board.current.oldest == rig.clock.now)
    // Judged where all spend is known, not here.
    #expect(rig.series.sums("llm_budget_crossings_total", by: "budget").isEmpty)
  }

  @Test func whatWasForwardedIsDropped() throws {
    let board = try board()
    write(1...2)
    try rig.run()
    write(3...4)
    try rig.run()
    let first = try #require(try rows().first?.number)
    board.update { $0.applied = first }
    try rig.run()
    #expect(try rows().map(\.number) == [first + 1])
    board.update { $0.applied = first + 1 }
    try rig.run()
    #expect(try rows().isEmpty)
    #expect(board.current.bytes == 0)
    #expect(board.current.oldest == nil)
    // Numbers go on, also after a restart.
    try rig.start()
    write(5...5)
    try rig.run()
    #expect(try rows().map(\.number) == [first + 2])
  }

  @Test func aFullSpoolTakesNoMoreAndCountsWhatIsMissing() throws {
    let board = try board()
    rig.settings.ledger.spoolSize = 400
    write(1...3)
    try rig.run()
    let bytes = board.current.bytes
    #expect(bytes > 0 && bytes <= 400)
    write(4...8)
    try rig.run()
    #expect(board.current.dropped == 5)
    #expect(board.current.bytes == bytes)
    // All of it is counted here.
    #expect(rig.text.contains("status=\"success\"} 8\n"))
    let last = board.current.last
    board.update { $0.applied = last }
    write(9...9)
    try rig.run()
    #expect(try rows().compactMap(\.batch).flatMap(\.requests).map(\.row.id) == ["r-9"])
  }

  @Test func theSharedSecretMakesPseudonymsFromThenOn() throws {
    let board = try board()
    rig.settings.labels.attribution = [.user]
    write(1...1, user: "ann@example.org")
    try rig.run()
    let own = try #require(try rig.ledger?.secret())
    let before = rig.text
    board.update { $0.secret = [UInt8](repeating: 7, count: 32) }
    try rig.run()
    #expect(board.current.secret == nil)
    #expect(try rig.ledger?.secret() == [UInt8](repeating: 7, count: 32))
    #expect(own.count == 32)
    #expect(rig.text.contains("status=\"success\"} 1\n"))
    write(2...2, user: "ann@example.org")
    try rig.run()
    let users = rig.text.split(separator: "\n").filter { $0.hasPrefix("llm_user_requests_total{") }
    #expect(users.count == 2)
    #expect(before != rig.text)
  }

  @Test func aBatchThatIsNotCommittedIsNotSpooled() throws {
    let board = try board()
    write(1...1)
    try rig.start()
    try rig.ledger?.database.execute("DROP TABLE rollup")
    #expect(throws: LedgerError.self) { try rig.run() }
    #expect(try rows().isEmpty)
    #expect(board.current.bytes == 0 && board.current.last == 0)
  }
}
