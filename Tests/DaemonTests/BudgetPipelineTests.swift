import Budget
import Support
import Tally
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// Budgets through the whole pipeline: log lines in, rows of the ledger and messages out.
@Suite struct BudgetPipelineTests {
  private func rule(_ change: (inout BudgetRule) -> Void = { _ in }) -> BudgetRule {
    var rule = BudgetRule()
    rule.name = "daily"
    rule.limit = BudgetLimit(1_000_000_000, .usd)
    change(&rule)
    return rule
  }

  /// A native line that cost so much, and ended so long before the clock's noon.
  private func line(
    _ id: String, usd: String, ago: TimeSpan = .seconds(5), key: String = "svc-1",
    model: String = "gpt-4o", _ rest: String = ""
  ) -> String {
    let end = 1_795_262_400 - ago.seconds
    return """
      {"kind":"request","id":"\(id)","start":\(end - 1),"end":\(end),"outcome":"success",\
      "route":"gpt-4o","served_route":"gpt-4o","provider":"openai","model":"\(model)",\
      "deployment":"main","attempts":1,"tokens":{"input":10,"output":5},"cost_usd":\(usd),\
      "key":{"id":"7b5b1709","alias":"\(key)"},"team":{"id":"t","alias":"growth"},"user":"ann"\(rest)}

      """
  }

  private func rig(_ rules: [BudgetRule]) -> Rig {
    let rig = Rig()
    rig.settings.budgets = rules
    return rig
  }

  /// What the event log tells of budgets, oldest first: `budget scope percent spent`.
  private func told(_ rig: Rig) throws -> [String] {
    let reader = try LedgerReader(path: rig.settings.ledger.path)
    var query = LedgerReader.EventQuery()
    query.kinds = [.budgetCrossed, .budgetForecast]
    return try reader.events(query).reversed().map { event in
      let detail = RawJSON(event.detail.encoded)
      return [
        event.subject, detail["scope"] ?? "", detail["threshold_percent"] ?? "forecast",
        detail["spent"] ?? "",
      ].joined(separator: " ").replacing("\"", with: "")
    }
  }

  @Test func theAPIShowsTheMostUsedScopes() throws {
    let rig = rig([rule { $0.per = .key }])
    rig.scratch.write(
      line("a", usd: "0.3", key: "low") + line("b", usd: "0.5", key: "high"), to: "a.jsonl")
    try rig.run()
    let answers = try rig.get("/api/v1/budgets?scopes=1", "/api/v1/budgets", "/api/v1/budgets?x=1")
    let one = answers[0].text
    #expect(one.contains(#""scope":"high""#) && !one.contains(#""scope":"low""#))
    #expect(one.contains(#"],"more":1}"#))
    #expect(answers[1].text.contains(#""scope":"low""#) && !answers[1].text.contains("more"))
    #expect(answers[2].status == 400)
  }

  @Test func crossingsAreWrittenOnceWithWhoDrivesThem() throws {
    let rig = rig([rule { $0.notify = ["hook"] }])
    rig.scratch.write(line("a", usd: "0.3", model: "mini") + line("b", usd: "0.25"), to: "a.jsonl")
    try rig.run()
    let news = try told(rig)
    #expect(news == ["daily all 50 0.55"])
    rig.scratch.append(line("c", usd: "0.5"), to: "a.jsonl")
    try rig.run()
    let more = try told(rig)
    #expect(more == ["daily all 50 0.55", "daily all 80 1.05", "daily all 100 1.05"])
    #expect(try rig.query("SELECT count(*) FROM outbox WHERE receiver = 'hook'") == 3)
    let body = try #require(
      try rig.ledger.map { ledger in
        let query = try ledger.database.prepare("SELECT body FROM outbox ORDER BY number DESC")
        return try query.step() ? query.text(0) : ""
      })
    // Both models, the larger first.
    let models = ["gpt-4o", "mini"].compactMap { body.firstRange(of: "\"\($0)\"")?.lowerBound }
    #expect(models.count == 2 && models[0] < models[1], "\(body)")
    try rig.start()
    try rig.run()
    rig.clock.advance(.minutes(5))
    try rig.run()
    #expect(try told(rig).count == 3)
    #expect(
      rig.series.counts("llm_budget_crossings_total", by: "threshold") == [
        "50": 1, "80": 1, "100": 1,
      ])
  }

  @Test func aNewBudgetTakesItsSpendFromTheLedger() throws {
    let rig = rig([])
    rig.settings.labels.extra = [.init(name: "tier", selector: .meta("tier"))]
    let yesterday = TimeSpan.hours(20)
    rig.scratch.write(
      line("old", usd: "5", ago: yesterday)
        + line("a", usd: "0.6", ago: .hours(2), #","meta":{"tier":"free"},"tags":["x","y"]"#)
        + line("b", usd: "0.1", ago: .minutes(3), key: "svc-2"), to: "a.jsonl")
    try rig.run()
    rig.settings.budgets = [
      rule(),
      rule {
        $0.name = "keys"
        $0.per = .key
      },
      rule {
        $0.name = "free"
        $0.match = [
          BudgetMatch(.extra("tier"), [Glob("fr*")]), BudgetMatch(.team, [Glob("growth")]),
        ]
      },
      rule {
        $0.name = "tags"
        $0.per = .tag
      },
      rule {
        $0.name = "hour"
        $0.period = .calendar(.hour)
        $0.limit = BudgetLimit(1, .requests)
      },
      rule {
        $0.name = "rolling"
        $0.period = .rolling(.hours(24))
        $0.limit.amount = 5_000_000_000
      },
      rule {
        $0.name = "ann"
        $0.match = [BudgetMatch(.user, [Glob("ann")])]
      },
    ]
    try rig.start()
    try rig.run()
    let news = try told(rig)
    #expect(
      news == [
        "daily all 50 0.7", "keys svc-1 50 0.6", "free all 50 0.6", "tags x 50 0.6",
        "tags y 50 0.6", "hour all 50 1", "hour all 80 1", "hour all 100 1", "rolling all 50 5.7",
        "rolling all 80 5.7", "rolling all 100 5.7",
        "ann all 50 0.7",
      ])
    // What is known is not read again.
    try rig.start()
    rig.scratch.append(line("c", usd: "0.05", ago: .seconds(1)), to: "a.jsonl")
    try rig.run()
    #expect(try told(rig).count == 12)
    let board = try #require(rig.publisher?.budgets)
    #expect(board.entries[0].scopes[""]?.spent == 750_000_000)
    #expect(board.entries[1].scopes["svc-1"]?.spent == 650_000_000)
  }

  @Test func aBudgetThatEndsIsCountedAnewWhenItComesBack() throws {
    let rig = rig([rule()])
    rig.scratch.write(line("a", usd: "0.6"), to: "a.jsonl")
    try rig.run()
    let news = try told(rig)
    #expect(news == ["daily all 50 0.6"])
    rig.settings.budgets = []
    try rig.start()
    rig.scratch.append(line("b", usd: "0.3"), to: "a.jsonl")
    try rig.run()
    rig.settings.budgets = [rule()]
    try rig.start()
    try rig.run()
    let later = try told(rig)
    #expect(later == ["daily all 50 0.6", "daily all 80 0.9"])
  }

  @Test func spendThatComesWithAChangedLimitIsToldUnderIt() throws {
    let rig = rig([rule { $0.limit.amount = 500_000_000 }])
    rig.scratch.write(line("a", usd: "0.6"), to: "a.jsonl")
    try rig.run()
    #expect(try told(rig).count == 3)
    // By the time of the change 0.6 was spent: 80 and 100 % of 0.8 are armed, 50 % was told.
    rig.settings.budgets = [rule { $0.limit.amount = 800_000_000 }]
    try rig.start()
    rig.scratch.append(line("b", usd: "0.25"), to: "a.jsonl")
    try rig.run()
    #expect(try told(rig).suffix(2) == ["daily all 80 0.85", "daily all 100 0.85"])
    #expect(try told(rig).count == 5)
  }

  @Test func theClockSetBackByDays() throws {
    let rig = rig([rule()])
    rig.scratch.write(line("a", usd: "0.6"), to: "a.jsonl")
    try rig.run()
    for days in [1, 2] {
      rig.clock.advance(.days(Int64(days)))
      rig.scratch.append(
        line("later\(days)", usd: "0.1", ago: TimeSpan.days(days == 1 ? -1 : -3)), to: "a.jsonl")
      try rig.run()
    }
    rig.clock.advance(.days(-3))
    try rig.run()
    #expect(rig.publisher?.budgets.entries[0].scopes[""]?.spent == 600_000_000)
    rig.scratch.append(line("b", usd: "0.3"), to: "a.jsonl")
    try rig.run()
    let news = try told(rig)
    #expect(news == ["daily all 50 0.6", "daily all 80 0.9"])
  }

  @Test func metricsTellOfEachScope() throws {
    let rig = rig([rule { $0.per = .key }])
    rig.scratch.write(line("a", usd: "0.6") + line("b", usd: "0.1", key: "svc-2"), to: "a.jsonl")
    try rig.run()
    let board = try #require(rig.publisher?.budgets)
    rig.registry.addCollector { Collectors.collectBudgets(board, into: &$0) }
    let series = rig.series
    #expect(
      series.sums("llm_budget_spent", by: "budget", "scope", "unit")
        == ["daily|svc-1|usd": 600_000_000, "daily|svc-2|usd": 100_000_000])
    #expect(series.sums("llm_budget_remaining", by: "scope")["svc-1"] == 400_000_000)
    #expect(series.sums("llm_budget_used_ratio", by: "scope")["svc-2"] == 100_000_000)
    #expect(
      series.counts("llm_budget_threshold_crossed", by: "scope", "threshold")
        == [
          "svc-1|50": 1, "svc-1|80": 0, "svc-1|100": 0, "svc-2|50": 0, "svc-2|80": 0,
          "svc-2|100": 0,
        ])
    #expect(
      series.counts("llm_budget_period_end_timestamp_seconds", by: "budget")
        == ["daily": 1_795_305_600])
  }
}
