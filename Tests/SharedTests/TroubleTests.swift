import Ledger
import Postgres
import Support
import TestSupport
import Testing

@testable import Shared

/// Databases that break while they are used.
@Suite(.enabled(if: PostgresServer.isInstalled))
struct TroubleTests {
  private let scratch = Scratch()

  private static let sidecars = 4
  private static let rows = 60
  private static let requestsPerRow = 50

  /// Sessions are ended at any moment, of sidecars that all add to the same rows of the roll-ups,
  /// half of what each has being the next one's too.
  @Test func sessionsThatEndAtAnyMomentCostNothing() throws {
    let database = try SharedDatabase()
    let url = database.url
    let folder = scratch.path
    let failures = Locked(0)
    let left = Locked(Self.sidecars)
    let threads = (0..<Self.sidecars).compactMap { index in
      WorkerThread.start(name: "sidecar") {
        Self.forwardAll(index, folder: folder, url: url, failures)
        left.withLock { $0 -= 1 }
      }
    }
    var random = SeededRandom(seed: 7)
    // Where everything is slow, endless endings would let nobody get through.
    var endings = 0
    while left.withLock({ $0 }) > 0, endings < 150 {
      endings += 1
      try database.execute(
        """
        SELECT pg_sleep(\(Double.random(in: 0...0.02, using: &random)));
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        ORDER BY random() LIMIT 1
        """)
    }
    for thread in threads { thread.join() }
    let half = Self.rows * Self.requestsPerRow / 2
    let all = Int64(half * (Self.sidecars + 1))
    #expect(try database.totals == [all, all * 1_000_000, all, all])
    #expect(failures.withLock { $0 } > 0)
  }

  private static func forwardAll(
    _ index: Int, folder: String, url: String, _ failures: Locked<Int>
  ) {
    let half = rows * requestsPerRow / 2
    do {
      let sidecar = try Sidecar("s\(index)", at: "\(folder)/s\(index).db", url: url)
      for number in 0..<2 * half { sidecar.add(UInt64(index * half + number)) }
      try sidecar.commit(requests: requestsPerRow)
      while true {
        do {
          try sidecar.forward(requests: 150)
          return
        } catch {
          failures.withLock { $0 += 1 }
          sidecar.shared = nil
        }
      }
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func aThreadThatForwardsOutlivesTheServer() throws {
    let server = PostgresServer()
    let sidecar = try Sidecar("a", at: scratch.file("a.db"), url: server.url)
    sidecar.add(1)
    try sidecar.commit()
    let board = SharedBoard(wakeup: try #require(Wakeup()))
    let forwarder = Forwarder(
      try sidecar.settings(), board: board, clock: ManualClock().clock, onApplied: {})
    let thread = WorkerThread.start(name: "forward") { forwarder.run() }
    func expect(_ applied: Int64) {
      let deadline = WallClock.monotonic.now() + .seconds(30)
      while board.current.applied < applied, WallClock.monotonic.now() < deadline {
        board.wakeup.send()
        _ = try? PostgresConnection(PostgresOptions(url: server.url)).query("SELECT pg_sleep(0.05)")
      }
      #expect(board.current.applied == applied)
    }
    expect(1)
    server.kill()
    sidecar.add(2)
    try sidecar.commit()
    server.start()
    expect(2)
    #expect(board.current.requests == 2)
    forwarder.stop(within: .seconds(5))
    thread?.join()
    let database = try PostgresConnection(PostgresOptions(url: server.url))
    #expect(
      try database.query("SELECT sum(requests) FROM sidelight.rollup").integer(0, 0) == 2)
    // Whoever comes next under the name need not wait.
    #expect(
      try database.query(
        "SELECT count(*) FROM sidelight.instance WHERE seen > now() - interval '1 day'"
      )
      .integer(0, 0) == 0)
  }
}
