import Support
import Testing

@testable import Budget

@Suite struct MatchingTests {
  private func rule(
    _ name: String, _ match: [BudgetAttribute: [String]], per: BudgetAttribute? = nil
  ) -> BudgetRule {
    .test { rule in
      rule.name = name
      rule.match = match.sorted { $0.key.text < $1.key.text }.map {
        BudgetMatch($0.key, $0.value.map(Glob.init))
      }
      rule.per = per
      rule.thresholds = [1]
    }
  }

  /// The budgets that a request counts in.
  private func budgets(
    _ rules: [BudgetRule], _ attributes: [BudgetAttribute: String] = [:], tags: [String] = []
  ) -> [String] {
    var desk = Desk(rules)
    desk.spend(1, attributes, tags: tags)
    return desk.commit().map { $0.per == nil ? $0.budget : "\($0.budget)/\($0.scope)" }
  }

  @Test func everyLineHasToMatch() {
    let rules = [
      rule("all", [:]), rule("openai", [.provider: ["openai"]]),
      rule("growth on openai", [.provider: ["openai"], .team: ["growth", "ops"]]),
      rule("free", [.extra("tier"): ["free"]]),
      rule("agents", [.tag: ["agent-*"]]), rule("untagged", [.tag: ["none"]]),
      rule("anonymous", [.key: ["none"]]), rule("any key", [.key: ["*"]]),
    ]
    #expect(budgets(rules) == ["all", "untagged", "anonymous"])
    #expect(
      budgets(rules, [.provider: "openai", .key: "k"]) == ["all", "openai", "untagged", "any key"])
    #expect(
      budgets(rules, [.provider: "openai", .team: "ops", .extra("tier"): "free"], tags: ["ci"])
        == ["all", "openai", "growth on openai", "free", "anonymous"])
    #expect(
      budgets(rules, [.provider: "azure", .team: "ops", .key: "k"], tags: ["x", "agent-7"])
        == ["all", "agents", "any key"])
  }

  @Test func aScopeForEachValue() {
    let rules = [
      rule("keys", [:], per: .key), rule("tags", [.provider: ["openai"]], per: .tag),
    ]
    #expect(budgets(rules, [.key: "a", .provider: "openai"]) == ["keys/a"])
    #expect(
      budgets(rules, [.key: "a", .provider: "openai"], tags: ["x", "y", "x"])
        == ["keys/a", "tags/x", "tags/y"])
    #expect(budgets(rules, [.provider: "azure"], tags: ["x"]) == [])
  }

  @Test func scopesDoNotShareSpend() {
    var desk = Desk([.test { $0.per = .user }])
    desk.spend(50, [.user: "ann"])
    desk.spend(79, [.user: "bob"])
    #expect(desk.news() == ["ann 50%", "bob 50%"])
    desk.spend(50, [.user: "ann"])
    #expect(desk.news() == ["ann 80%", "ann 100%"])
    #expect(desk.status("ann")?.spent == 100 && desk.status("bob")?.spent == 79)
    #expect(Set(desk.told.map(\.id)).count == 4)
  }

  @Test func valuesThatNobodySpendsForAreForgotten() {
    var desk = Desk([.test { $0.per = .user }])
    desk.spend(50, [.user: "ann"])
    #expect(desk.news() == ["ann 50%"])
    desk.clock.advance(.days(1))
    #expect(desk.news() == [])
    #expect(desk.status("ann")?.spent == 0)
    desk.spend(1, [.user: "bob"])
    desk.clock.advance(.days(1))
    #expect(desk.news() == [])
    #expect(desk.status("ann") == nil && desk.status("bob")?.spent == 0)
    #expect(desk.store.scopes.map(\.text) == ["bob"])
    desk.spend(50, [.user: "ann"])
    #expect(desk.news() == ["ann 50%"])
    #expect(desk.told[0].id != desk.told[1].id)
  }

  @Test func afterTenThousandValuesTheRestIsOneScope() {
    var desk = Desk([.test { $0.per = .endUser }])
    for number in 0..<BudgetWatch.scopesPerRule { desk.spend(1, [.endUser: "u\(number)"]) }
    #expect(desk.news() == [])
    desk.spend(30, [.endUser: "x"])
    desk.spend(30, [.endUser: "y"])
    desk.spend(49, [.endUser: "u5"])
    #expect(desk.news() == ["u5 50%", "other 50%"])
    #expect(desk.watch.folded == 2)
  }

  @Test func tablesThatAreFullBeginAnew() {
    var desk = Desk([
      .test { $0.match = [BudgetMatch(.endUser, [Glob("u*")])] }, .test { $0.per = .team },
    ])
    for number in 0..<(ValueTable.capacity + 10) {
      desk.spend(number == 7 ? 1 : 0, [.endUser: "u\(number)", .team: "t"])
    }
    desk.spend(49, [.endUser: "u7", .team: "t"])
    #expect(desk.news() == ["50%", "t 50%"])
  }

  @Test func whatFreeRequestsLeaveIsNothing() {
    var desk = Desk([.test { $0.per = .key }])
    desk.spend(0, [.key: "k"])
    _ = desk.commit()
    #expect(desk.store.scopes.isEmpty)
  }

  @Test(arguments: [
    ("agent-*", "agent-7", true), ("agent-*", "agent-", true), ("agent-*", "agent", false),
    ("*", "anything", true), ("*", "none", false), ("none", "none", true), ("n*", "none", false),
    ("?", "ä", true), ("?", "", false), ("a?c", "abc", true), ("a?c", "ac", false),
    ("*-*-x", "a-b-c-x", true), ("*-*-x", "a-x", false), ("**", "", true), ("", "", true),
    ("gpt-4*", "gpt-4o", true), ("GPT-4*", "gpt-4o", false), ("a*b*c", "aXbYbZc", true),
    ("*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
  ])
  func globs(pattern: String, text: String, matches: Bool) {
    #expect(Glob(pattern).matches(text) == matches)
  }
}

@Suite struct LimitTests {
  @Test(
    arguments: [
      ("10 USD", 10_000_000_000, .usd, "10 USD"), ("0 USD", 0, .usd, "0 USD"),
      ("0.05 usd", 50_000_000, .usd, "0.05 USD"),
      ("1.234567891 USD", 1_234_567_891, .usd, "1.234567891 USD"),
      ("500 requests", 500, .requests, "500 requests"), ("1 request", 1, .requests, "1 requests"),
      ("2M tokens", 2_000_000, .tokens, "2000000 tokens"),
      ("1.5k requests", 1500, .requests, "1500 requests"),
      ("1000000000 USD", 1_000_000_000_000_000_000, .usd, "1000000000 USD"),
    ] as [(String, Int64, BudgetUnit, String)])
  func reads(text: String, amount: Int64, unit: BudgetUnit, shown: String) throws {
    let limit = try BudgetLimit(text)
    #expect(limit == BudgetLimit(amount, unit))
    #expect(limit.text == shown)
    #expect(try BudgetLimit(limit.text) == limit)
  }

  @Test(
    arguments: [
      ("10", .noUnit), ("10USD", .noUnit), ("", .noAmount), ("10 EUR", .unknownUnit("EUR")),
      ("-1 USD", .noAmount), ("a USD", .noAmount), ("1.5 requests", .noAmount),
      ("1 2 USD", .noAmount), ("2000000000 USD", .tooLarge),
      ("99999999999999999999 USD", .tooLarge), ("1e3 tokens", .noAmount),
    ] as [(String, BudgetLimit.Problem)])
  func refuses(text: String, problem: BudgetLimit.Problem) {
    #expect(throws: problem) { try BudgetLimit(text) }
  }

  @Test func percentagesAreExact() {
    let limit = BudgetLimit(3, .requests)
    #expect(!limit.isReached(by: 1, percent: 34) && limit.isReached(by: 1, percent: 33))
    #expect(BudgetLimit(BudgetLimit.largest, .usd).isReached(by: .max, percent: 900))
    #expect(!BudgetLimit(BudgetLimit.largest, .usd).isReached(by: .max, percent: 10_000))
    #expect(limit.remaining(after: 5) == 0 && limit.remaining(after: .min) == 3)
  }
}
