import Budget
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// A growing log under budgets, followed with crashes, commits that fail, reloads and imports: what is
/// told must be what is told without, each crossing once.
@Suite struct BudgetCrashTests {
  private static let rules: [BudgetRule] = {
    var day = BudgetRule()
    day.name = "day"
    day.limit = BudgetLimit(60, .requests)
    day.thresholds = [10, 50, 80, 100, 200]
    day.notify = ["hook"]
    var hour = day
    hour.name = "hour"
    hour.period = .calendar(.hour)
    hour.per = .key
    hour.limit.amount = 8
    var minute = day
    minute.name = "minute"
    minute.period = .calendar(.minute)
    minute.limit = BudgetLimit(1_000_000_000, .usd)
    return [day, hour, minute]
  }()

  private struct Line {
    var text: String
    var end: Timestamp
  }

  /// Requests over two days, in bursts, ended in about their order.
  private func lines(seed: UInt64) -> [Line] {
    var random = SeededRandom(seed: seed)
    var time = ManualClock().now + .hours(3)
    return (0..<300).map { number in
      let pause = number % 20 == 0 ? Int64.random(in: 0...12_000, using: &random) : 0
      time = time + .seconds(pause + .random(in: 0...30, using: &random))
      let end = time - .seconds(.random(in: 0...5, using: &random))
      let key = Int.random(in: 0...3, using: &random)
      let cents = Int.random(in: 0...60, using: &random)
      let text = """
        {"kind":"request","id":"c\(number)","start":\((end - .seconds(1)).seconds),\
        "end":\(end.seconds),"outcome":"success","route":"r","provider":"openai","model":"m",\
        "deployment":"d","attempts":1,"tokens":{"input":10,"output":5},\
        "cost_usd":0.\(cents < 10 ? "0" : "")\(cents),"key":{"id":"0000000\(key)"}}
        """
      return Line(text: text, end: end)
    }
  }

  /// Writes the log piece by piece and follows it; every piece is judged at the same time of day,
  /// whatever happened before.
  private func follow(seed: UInt64, mishaps: Bool) throws -> Rig {
    let lines = lines(seed: seed)
    var random = SeededRandom(seed: seed + 1000)
    var fate = SeededRandom(seed: seed + 2000)
    let clock = ManualClock()
    let rig = Rig(clock: clock)
    rig.settings.budgets = Self.rules
    try rig.start()
    var next = 0
    while next < lines.count {
      let count = min(Int.random(in: 1...12, using: &random), lines.count - next)
      let piece = lines[next..<next + count]
      next += count
      let latest = piece.map(\.end).max() ?? clock.now
      if latest > clock.now { clock.advance(latest + .seconds(1) - clock.now) }
      rig.scratch.append(piece.map { $0.text + "\n" }.joined(), to: "proxy.jsonl")
      if mishaps { try suffer(rig, &fate) }
      try rig.run()
    }
    return rig
  }

  private func suffer(_ rig: Rig, _ random: inout SeededRandom) throws {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: try rig.start()
    case 1:
      // Another process holds the ledger while a step or two want it.
      _ = try rig.query("PRAGMA busy_timeout = 0")
      let other = try Database(path: rig.settings.ledger.path, access: .readWrite)
      try other.execute("BEGIN IMMEDIATE")
      failSteps(rig)
      try other.execute("ROLLBACK")
    case 2:
      let pages = try rig.query("PRAGMA page_count") ?? 0
      _ = try rig.query("PRAGMA max_page_count = \(pages)")
      failSteps(rig)
      _ = try rig.query("PRAGMA max_page_count = 1073741823")
      if Bool.random(using: &random) { try rig.start() }
    default: break
    }
  }

  private func failSteps(_ rig: Rig) {
    for _ in 0..<2 {
      do { _ = try rig.step() } catch { rig.failures += 1 }
    }
  }

  /// What waits for the receiver: ids with what they say, which only the same crossing has.
  private func posted(_ rig: Rig) throws -> [String: String] {
    var posted: [String: String] = [:]
    let ledger = try #require(rig.ledger)
    let query = try ledger.database.prepare("SELECT id, title FROM outbox ORDER BY number")
    while try query.step() {
      #expect(posted.updateValue(query.text(1), forKey: query.text(0)) == nil)
    }
    return posted
  }

  private func spends(_ rig: Rig) throws -> [String] {
    let ledger = try #require(rig.ledger)
    let query = try ledger.database.prepare(
      """
      SELECT identity || value || start || ':' || spent
      FROM budget_spend JOIN budget_scope ON scope = budget_scope.id
      JOIN budget ON budget = budget.id ORDER BY 1
      """)
    var rows: [String] = []
    while try query.step() { rows.append(query.text(0)) }
    return rows
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func eachCrossingIsPostedOnce(seed: UInt64) throws {
    let calm = try follow(seed: seed, mishaps: false)
    let stormy = try follow(seed: seed, mishaps: true)
    #expect(calm.failures == 0 && stormy.failures > 5)
    let (expected, found) = (try posted(calm), try posted(stormy))
    // Ids are keyed with each ledger's own secret.
    #expect(found.values.sorted() == expected.values.sorted())
    #expect(found.count > 40)
    #expect(try spends(stormy) == spends(calm))
    let crossings = calm.series.counts("llm_budget_crossings_total", by: "budget", "threshold")
    #expect(
      stormy.series.counts("llm_budget_crossings_total", by: "budget", "threshold") == crossings)
    #expect(crossings.values.reduce(0, +) == Int64(expected.count))
    let events = "SELECT count(*) FROM event WHERE kind LIKE 'budget%'"
    #expect(try stormy.query(events) == Int64(expected.count))
  }

  /// Imports beside a running pipeline: history is no spend of today, whenever it was.
  @Test func importsNeverAlert() throws {
    let rig = Rig()
    rig.settings.budgets = Self.rules
    try rig.start()
    try rig.run()
    let desk = ImportDesk(scratch: rig.scratch, clock: rig.clock)
    for days in [0, 1, 30] {
      let lines = (0..<200).map { number in
        ImportLine.native("d\(days)-\(number)", age: .seconds(Int64(days) * 86_400 + 60))
      }
      rig.scratch.write(lines.joined(), to: "old\(days).log")
      try desk.run("old\(days).log")
      try rig.run()
      rig.clock.advance(.seconds(1))
      try rig.run()
    }
    #expect(try rig.query("SELECT sum(requests) FROM rollup") == 600)
    #expect(try posted(rig).isEmpty)
    #expect(try spends(rig).isEmpty)
    try rig.start()
    try rig.run()
    #expect(try posted(rig).isEmpty)
  }
}
