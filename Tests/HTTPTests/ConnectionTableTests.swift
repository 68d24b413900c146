import Support
import Testing

@testable import HTTP

@Suite struct ConnectionTableTests {
  private let start = Timestamp(microseconds: 0)
  private let limits: HTTPLimits = {
    var limits = HTTPLimits(onLoopback: true)
    limits.pending = 10_000
    return limits
  }()

  private func at(_ seconds: Int64) -> Timestamp { start + .seconds(seconds) }

  private func enter(
    _ table: inout ConnectionTable, _ phase: ConnectionTable.Phase, _ socket: Int32,
    at now: Timestamp
  ) -> Bool {
    table.enter(phase, socket, at: now)
  }

  @Test func firstRequestLineHasAsLongAsAHead() {
    var table = ConnectionTable(limits: limits)
    table.open(5, at: start)
    #expect(table.overdue(at: at(10) - TimeSpan(microseconds: 1)) == [])
    #expect(table.overdue(at: at(10)) == [5])
  }

  @Test(
    arguments: [
      (.idle, 75), (.head, 10), (.body, 30), (.answer(bytes: 1), 60),
    ] as [(ConnectionTable.Phase, Int64)])
  func eachPhaseHasItsOwnDeadline(phase: ConnectionTable.Phase, seconds: Int64) {
    var table = ConnectionTable(limits: limits)
    table.open(5, at: start)
    #expect(enter(&table, phase, 5, at: at(7)))
    #expect(table.overdue(at: at(7 + seconds) - TimeSpan(microseconds: 1)) == [])
    #expect(table.overdue(at: at(7 + seconds)) == [5])
  }

  @Test func closedConnectionIsForgotten() {
    var table = ConnectionTable(limits: limits)
    table.open(5, at: start)
    #expect(enter(&table, .answer(bytes: 9000), 5, at: start))
    table.close(5)
    #expect(table.overdue(at: at(1000)) == [])
    #expect(table.pending == 0)
    #expect(enter(&table, .head, 5, at: start))
    #expect(table.overdue(at: at(1000)) == [])
  }

  @Test func pendingAnswersAreBounded() {
    var table = ConnectionTable(limits: limits)
    for socket in 1...4 as ClosedRange<Int32> { table.open(socket, at: start) }
    #expect(enter(&table, .answer(bytes: 50_000), 1, at: start), "alone, any size goes")
    #expect(!enter(&table, .answer(bytes: 5000), 2, at: start))
    #expect(enter(&table, .answer(bytes: 4096), 2, at: start), "a small one always goes")
    #expect(table.pending == 54_096)
    #expect(enter(&table, .idle, 1, at: start))
    #expect(table.pending == 4096)
    #expect(enter(&table, .answer(bytes: 5904), 3, at: start))
    #expect(!enter(&table, .answer(bytes: 4097), 4, at: start))
    #expect(table.pending == 10_000)
  }

  @Test func closingCutsWhatHasNoCompleteHead() {
    var table = ConnectionTable(limits: limits)
    let phases: [ConnectionTable.Phase] = [.idle, .head, .body, .answer(bytes: 0)]
    for (socket, phase) in zip(Int32(1)..., phases) {
      table.open(socket, at: start)
      #expect(enter(&table, phase, socket, at: start))
    }
    #expect(table.busy == 2)
    #expect(table.overdue(at: start) == [])
    table.beginClosing()
    #expect(table.isClosing)
    #expect(table.overdue(at: start).sorted() == [1, 2])
    #expect(enter(&table, .idle, 4, at: start))
    #expect(table.overdue(at: start).sorted() == [1, 2, 4])
    #expect(table.busy == 1)
  }
}
