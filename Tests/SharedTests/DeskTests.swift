import Budget
import Ledger
import Postgres
import Support
import TestSupport
import Testing

@testable import Shared

/// Budgets that several sidecars judge, and what they tell.
@Suite(.enabled(if: PostgresServer.isInstalled))
struct DeskTests {
  private static func rule(limit: Int64 = 100, per: BudgetAttribute? = nil) -> BudgetRule {
    var rule = BudgetRule()
    rule.name = "daily"
    rule.limit = BudgetLimit(limit, .requests)
    rule.per = per
    rule.notify = ["hook"]
    return rule
  }

  private static let plan = SharedDesk.Plan(rules: [rule()], receivers: ["hook"])

  private func database() throws -> SharedDatabase {
    let database = try SharedDatabase()
    try SharedSchema.prepare(PostgresConnection(PostgresOptions(url: database.url)))
    try database.execute("INSERT INTO sidelight.meta VALUES ('secret', '\\x0102')")
    return database
  }

  private static func desk(_ holder: String, _ url: String) throws -> SharedDesk {
    try SharedDesk(
      PostgresOptions(url: url), holder: holder, instance: "of \(holder)", isCancelled: { false })
  }

  private static func news(
    _ crossing: BudgetCrossing
  ) -> (rows: [OutboxRow], event: LedgerEvent) {
    let title = "\(crossing.scope) \(crossing.threshold ?? 0)"
    let rows = crossing.notify.map { receiver in
      OutboxRow(
        receiver: receiver, id: crossing.id, orderingKey: crossing.scope, title: title,
        body: Array(title.utf8), created: crossing.at)
    }
    return (rows, LedgerEvent(time: crossing.at, kind: .budgetCrossed, subject: crossing.budget))
  }

  private static func turn(
    _ desk: SharedDesk, _ plan: SharedDesk.Plan = plan, _ reports: [OutboxChange] = []
  ) throws -> SharedDesk.Turn {
    try desk.turn(plan, reports: reports.map { ($0, nil) }, news: news)
  }

  /// Adds to what was spent today, in the scope of one value of `per`.
  private func spend(_ amount: Int, _ value: String = "", in database: SharedDatabase) throws {
    try database.execute(
      """
      INSERT INTO sidelight.budget_scope(budget, value, rate, rate_time, half_life, version)
      SELECT id, '\(value)', 0, 0, 1, 1 FROM sidelight.budget ON CONFLICT DO NOTHING;
      INSERT INTO sidelight.budget_spend AS p
      SELECT id, (extract(epoch FROM date_trunc('day', now() AT TIME ZONE 'UTC')) * 1000000)::bigint,
        \(amount) FROM sidelight.budget_scope WHERE value = '\(value)'
      ON CONFLICT (scope, start) DO UPDATE SET spent = p.spent + excluded.spent
      """)
  }

  @Test func withoutASecretNothingIsJudged() throws {
    let database = try SharedDatabase()
    #expect(try !Self.turn(Self.desk("a", database.url)).isView)
  }

  @Test func whatIsCrossedIsToldOnceByAllTogether() throws {
    let database = try database()
    let url = database.url
    _ = try Self.turn(Self.desk("first", url))
    try database.execute("DELETE FROM sidelight.lease")
    try spend(85, in: database)
    let told = Locked<[String]>([])
    let problems = Locked<[String]>([])
    let threads = (0..<6).compactMap { index in
      WorkerThread.start(name: "judge") {
        do {
          let desk = try Self.desk("s\(index)", url)
          for _ in 0..<5 {
            let turn = try Self.turn(desk)
            told.withLock { $0 += turn.crossings.map { "\($0.threshold ?? 0)" } }
          }
        } catch {
          problems.withLock { $0.append("\(error)") }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(problems.withLock { $0 } == [])
    #expect(told.withLock { $0 } == ["50", "80"])
    #expect(
      try database.text("SELECT string_agg(title, ',' ORDER BY number) FROM sidelight.outbox")
        == "all 50,all 80")
    #expect(try database.integer("SELECT count(*) FROM sidelight.event") == 2)
  }

  @Test func aLeaseThatRanOutIsTakenOverAndNothingIsToldTwice() throws {
    let database = try database()
    let (a, b) = (try Self.desk("a", database.url), try Self.desk("b", database.url))
    _ = try Self.turn(a)
    try spend(60, in: database)
    #expect(try Self.turn(b).crossings.isEmpty)
    #expect(try Self.turn(a).crossings.map(\.threshold) == [50])
    try database.execute("UPDATE sidelight.lease SET until = now() - interval '1 second'")
    #expect(try Self.turn(b).crossings.isEmpty)
    try spend(25, in: database)
    #expect(try Self.turn(a).crossings.isEmpty)
    let turn = try Self.turn(b)
    #expect(turn.crossings.map(\.threshold) == [80])
    #expect(turn.statuses.map(\.spent) == [85])
    #expect(turn.statuses.map(\.crossed) == [[50, 80]])
    b.leave()
    try spend(15, in: database)
    #expect(try Self.turn(a).crossings.map(\.threshold) == [100])
  }

  @Test func receiversAreServedByOneInOrder() throws {
    let database = try database()
    let (a, b) = (try Self.desk("a", database.url), try Self.desk("b", database.url))
    _ = try Self.turn(a)
    try spend(100, in: database)
    let letters = try Self.turn(a).letters
    #expect(letters.map(\.title) == ["all 50", "all 80", "all 100"])
    #expect(letters.map(\.body) == letters.map { Array($0.title.utf8) })
    #expect(try Self.turn(b).letters.isEmpty)
    let due = letters[1].due + .seconds(30)
    func change(_ place: Int, _ fate: OutboxChange.Fate) -> OutboxChange {
      OutboxChange(
        number: letters[place].number, receiver: "hook", fate: fate, attempts: 1,
        isBarred: false, answer: "said")
    }
    let rest = try Self.turn(
      a, Self.plan,
      [change(0, .delivered), change(1, .waits(until: due)), change(2, .givenUp(at: due))]
    ).letters
    #expect(rest.map(\.title) == ["all 80"])
    #expect(rest[0].due == due && rest[0].attempts == 1 && rest[0].answer == "said")
    a.leave()
    #expect(try Self.turn(b).letters.map(\.id) == rest.map(\.id))
    #expect(
      try database.text("SELECT title FROM sidelight.outbox WHERE given_up IS NOT NULL")
        == "all 100")
  }

  @Test func aChangedLimitArmsWhatIsAboveIt() throws {
    let database = try database()
    let desk = try Self.desk("a", database.url)
    _ = try Self.turn(desk)
    try spend(60, in: database)
    #expect(try Self.turn(desk).crossings.map(\.threshold) == [50])
    let raised = SharedDesk.Plan(rules: [Self.rule(limit: 1000)], receivers: [])
    #expect(try Self.turn(desk, raised).crossings.isEmpty)
    try spend(500, in: database)
    #expect(try Self.turn(desk, raised).crossings.map(\.threshold) == [50])
    // Going back is silent for what was told.
    #expect(try Self.turn(desk).crossings.map(\.threshold) == [80, 100])
  }

  @Test func scopesOfAllSidecarsHaveBudgetsOfTheirOwn() throws {
    let database = try database()
    let desk = try Self.desk("a", database.url)
    let plan = SharedDesk.Plan(rules: [Self.rule(per: .key)], receivers: [])
    _ = try Self.turn(desk, plan)
    try spend(55, "svc-1", in: database)
    try spend(99, "svc-2", in: database)
    let turn = try Self.turn(desk, plan)
    #expect(
      turn.crossings.map { "\($0.scope) \($0.threshold ?? 0)" } == [
        "svc-1 50", "svc-2 50", "svc-2 80",
      ])
    #expect(Set(turn.crossings.map(\.id)).count == 3)
    #expect(turn.statuses.map(\.text).sorted() == ["svc-1", "svc-2"])
  }

  @Test func whatIsTooOldIsDroppedByOne() throws {
    let database = try database()
    let (a, b) = (try Self.desk("a", database.url), try Self.desk("b", database.url))
    // 45 000 identities of the last nine days: the first one and what is left of its second day go.
    try database.execute(
      """
      INSERT INTO sidelight.identity
      SELECT \(noon.microseconds) - n * 17280000::bigint, n FROM generate_series(0, 44999) n;
      INSERT INTO sidelight.outbox(receiver, id, ordering, title, body, created, due, attempts,
        barred, given_up, answer)
      SELECT 'r', n, '', '', '', 0, 0, 0, false, CASE n WHEN 1 THEN 5 END, ''
      FROM generate_series(1, 2) n
      """)
    let options = LedgerOptions()
    #expect(try !a.dropExpired(options, now: noon))
    #expect(try database.integer("SELECT count(*) FROM sidelight.identity") == 40_001)
    #expect(try database.text("SELECT string_agg(id, ',') FROM sidelight.outbox") == "2")
    #expect(try !b.dropExpired(options, now: noon + .days(30)))
    #expect(try database.integer("SELECT count(*) FROM sidelight.identity") == 40_001)
    a.leave()
    #expect(try !b.dropExpired(options, now: noon + .days(30)))
    #expect(try database.integer("SELECT count(*) FROM sidelight.identity") == 0)
  }
}
