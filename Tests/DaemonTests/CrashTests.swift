import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// A growing log, followed with crashes and failing commits, must give what it gives without.
@Suite struct CrashTests {
  /// What happens to the sidecar after some bytes were written.
  enum Mishap: CaseIterable {
    case none
    case crash
    /// Another process holds the ledger for a while.
    case locked
    case lockedThenCrash
    /// No room for another page.
    case full
    case fullThenCrash
  }

  /// Lines without what is never read, so that many runs stay quick, and when their events ended.
  private static let log = Result {
    let lines = try Captured.lines("standard_small.jsonl.gz").map { line in
      guard let start = line.firstRange(of: "\"messages\":"),
        let end = line.firstRange(of: ",\"hidden_params\":")
      else { return line }
      return line[..<start.lowerBound] + "\"messages\":null" + line[end.lowerBound...]
    }
    let ends = lines.map {
      Timestamp(microseconds: billionths(RawJSON($0)["endTime"] ?? "0") / 1000)
    }
    return (lines: lines, ends: ends)
  }

  private let lines: [String]
  private let ends: [Timestamp]

  init() throws { (lines, ends) = try Self.log.get() }

  /// Writes the log piece by piece, lines torn anywhere, and follows it in event time.
  private func follow(seed: UInt64, mishaps: Bool) throws -> Rig {
    var random = SeededRandom(seed: seed)
    var fate = SeededRandom(seed: seed + 1)
    let clock = ManualClock(ends[0])
    let rig = Rig(clock: clock)
    // Some lines a step, so that mishaps fall between the steps of one backlog, too.
    rig.budget = Int.random(in: 60_000...400_000, using: &random)
    try rig.start()
    var next = 0
    var torn: Substring.UTF8View = "".utf8[...]
    while next < lines.count {
      let count = min(Int.random(in: 1...60, using: &random), lines.count - next)
      let chunk = lines[next..<next + count].joined(separator: "\n") + "\n"
      let cut = Int.random(in: 0...chunk.utf8.count, using: &random)
      rig.scratch.append(bytes: Array(torn) + Array(chunk.utf8.prefix(cut)), to: "proxy.jsonl")
      torn = Substring(chunk).utf8.dropFirst(cut)
      let latest = ends[next..<next + count].max() ?? clock.now
      if latest > clock.now { clock.advance(latest + .seconds(1) - clock.now) }
      next += count
      let mishap = mishaps ? Mishap.allCases.randomElement(using: &fate) ?? .none : .none
      try suffer(mishap, rig)
    }
    rig.scratch.append(bytes: Array(torn), to: "proxy.jsonl")
    try rig.run()
    clock.advance(.hours(1))
    try rig.run()
    return rig
  }

  private func suffer(_ mishap: Mishap, _ rig: Rig) throws {
    switch mishap {
    case .none, .crash: break
    case .locked, .lockedThenCrash:
      _ = try rig.query("PRAGMA busy_timeout = 0")
      let other = try Database(path: rig.settings.ledger.path, access: .readWrite)
      try other.execute("BEGIN IMMEDIATE")
      failSteps(rig)
      try other.execute("ROLLBACK")
    case .full, .fullThenCrash:
      let pages = try rig.query("PRAGMA page_count") ?? 0
      _ = try rig.query("PRAGMA max_page_count = \(pages)")
      failSteps(rig)
      _ = try rig.query("PRAGMA max_page_count = 1073741823")
    }
    if [.crash, .lockedThenCrash, .fullThenCrash].contains(mishap) { try rig.start() }
    try rig.run()
  }

  /// Two steps that may fail; what was read for them must be read again.
  private func failSteps(_ rig: Rig) {
    for _ in 0..<2 {
      do { _ = try rig.step() } catch { rig.failures += 1 }
    }
  }

  @Test(arguments: [1, 20, 300] as [UInt64])
  func nothingIsLostOrCountedTwice(seed: UInt64) throws {
    let calm = try follow(seed: seed, mishaps: false)
    let stormy = try follow(seed: seed, mishaps: true)
    #expect(Self.withoutTransitions(stormy.text) == Self.withoutTransitions(calm.text))
    #expect(calm.failures == 0 && stormy.failures > 5)
    #expect(calm.series.counts("llm_requests_total", by: "none") == ["": 525])
  }

  /// Health is judged when something is committed: at other moments, so with other levels between.
  private static func withoutTransitions(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { !$0.hasPrefix("llm_provider_transitions_total{") }
  }

  @Test func aCommitThatCannotBeMadeSaysWhy() throws {
    let rig = Rig()
    try rig.run()
    let ledger = try #require(rig.ledger)
    try ledger.database.execute("PRAGMA busy_timeout = 0")
    let other = try Database(path: rig.settings.ledger.path, access: .readWrite)
    try other.execute("BEGIN IMMEDIATE")
    rig.scratch.write(lines[0] + "\n", to: "proxy.jsonl")
    rig.clock.advance(.seconds(2))
    #expect(
      throws: LedgerError.locked(path: rig.settings.ledger.path)
    ) { try rig.run() }
    #expect(rig.series.counts("llm_requests_total", by: "status") == [:])
    try other.execute("ROLLBACK")
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "status") == ["failure": 1])
  }

  @Test func ledgerAndMetricsAgreeToTheNanodollar() throws {
    let rig = try follow(seed: 7, mishaps: true)
    let series = rig.series
    let cost = series.sums("llm_cost_total", by: "none")[""]
    #expect(try rig.query("SELECT sum(cost) FROM rollup") == cost)
    #expect(try rig.query("SELECT sum(cost) FROM request") == cost)
    #expect(try rig.query("SELECT sum(requests) FROM rollup") == 525)
    #expect(try rig.query("SELECT count(*) FROM request WHERE late = 0") == 525)
    #expect(try rig.query("SELECT count(*) FROM waiting WHERE settled = 0") == 0)
    let tokens = series.counts("llm_tokens_total", by: "type")
    #expect(try rig.query("SELECT sum(input) FROM rollup") == tokens["input"])
    #expect(try rig.query("SELECT sum(output) FROM rollup") == tokens["output"])
    #expect(try rig.query("SELECT sum(fallbacks) FROM rollup") == 100)
    #expect(try rig.query("SELECT sum(retried) FROM rollup") == 25)
    #expect(try rig.query("SELECT sum(cached) FROM rollup") == 9)
    #expect(try rig.query("SELECT sum(unpriced) FROM rollup") == 9)
  }
}
