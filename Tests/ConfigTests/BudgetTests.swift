import Budget
import Support
import TestSupport
import Testing

@testable import Config

@Suite struct BudgetTests {
  @Test func everyKey() throws {
    let read = try decode(
      """
      labels: {extra: {tier: meta.tier}}
      receivers: [{name: n8n, webhook: {url: "http://h/"}}]
      budgets:
        - name: openai-growth
          limit: 12.5 USD
          period: month
          timezone: Europe/Berlin
          thresholds: [50, 80, 100, 10k]
          match: {provider: openai, team: [growth, ops], tag: agent-*, tier: free}
          per: end_user
          notify: [n8n]
          forecast: true
          gate_on_error: deny
        - {name: plain, limit: 2M tokens}
        - {name: window, limit: 500 requests, period: {rolling: 24h}}
      """)
    #expect(read.budgets.map(\.name) == ["openai-growth", "plain", "window"])
    let rule = read.budgets[0]
    #expect(rule.limit == BudgetLimit(12_500_000_000, .usd))
    #expect(rule.period == .calendar(.month) && rule.zone.name == "Europe/Berlin")
    #expect(rule.thresholds == [50, 80, 100, 10_000])
    #expect(
      rule.match == [
        BudgetMatch(.provider, [Glob("openai")]),
        BudgetMatch(.team, [Glob("growth"), Glob("ops")]), BudgetMatch(.tag, [Glob("agent-*")]),
        BudgetMatch(.extra("tier"), [Glob("free")]),
      ])
    #expect(rule.per == .endUser && rule.notify == ["n8n"] && rule.forecast)
    #expect(rule.gateOnError == .deny)
    let plain = read.budgets[1]
    #expect(plain.period == .calendar(.day) && plain.zone == .utc)
    #expect(plain.thresholds == [50, 80, 100] && plain.match.isEmpty && plain.per == nil)
    #expect(plain.gateOnError == .allow && !plain.forecast && plain.notify.isEmpty)
    #expect(read.budgets[2].period == .rolling(.hours(24)))
    #expect(try decode(read.redacted()).budgets == read.budgets)
  }

  /// A budget with this in place of a key's value.
  private func told(_ text: String) -> String {
    problems("receivers: [{name: n8n, webhook: {url: \"http://h/\"}}]\nbudgets:\n- {\(text)}")
  }

  @Test(arguments: [
    ("limit: 1 USD", "3:3: budgets[0]: name is missing"),
    ("name: a", "3:3: budgets[0]: limit is missing"),
    (
      "name: a b, limit: 1 USD",
      #"3:10: budgets[0].name: "a b" is no name (letters, digits, -, _ and ., 64 at most)"#
    ),
    (
      "name: a, limit: 10",
      #"3:20: budgets[0].limit: "10" has no unit, expected USD, requests or tokens, such as "10 USD""#
    ),
    (
      "name: a, limit: 10 EUR",
      #"3:20: budgets[0].limit: the unit "EUR" is not known, expected USD, requests or tokens"#
    ),
    (
      "name: a, limit: 10 token",
      ""
    ),
    (
      "name: a, limit: 10 reqests",
      #"3:20: budgets[0].limit: the unit "reqests" is not known, expected USD, requests or tokens, did you mean "requests"?"#
    ),
    (
      "name: a, limit: -3 USD",
      #"3:20: budgets[0].limit: expected a limit such as 10 USD, 500 requests or 2M tokens, got "-3 USD""#
    ),
    (
      "name: a, limit: 1 USD, period: dya",
      #"3:35: budgets[0].period: expected one of minute, hour, day, week, month, or {rolling: 24h}, got "dya", did you mean "day"?"#
    ),
    (
      "name: a, limit: 1 USD, period: {rolling: 5m}",
      "3:45: budgets[0].period.rolling: 5m is not within 1h to 30d: it slides in steps of a sixtieth, a minute at least"
    ),
    (
      "name: a, limit: 1 USD, period: {roling: 1h}",
      "3:35: budgets[0].period: rolling is missing\n"
        + #"3:36: unknown key "roling" in budgets[0].period, did you mean "rolling"?"#
    ),
    (
      "name: a, limit: 1 USD, timezone: Europe/Berln",
      #"3:37: budgets[0].timezone: the time zone "Europe/Berln" is not known, expected a name such as Europe/Berlin or UTC"#
    ),
    (
      "name: a, limit: 1 USD, thresholds: [80, 50]",
      "3:44: budgets[0].thresholds[1]: 50 comes after 80, thresholds have to ascend"
    ),
    (
      "name: a, limit: 1 USD, thresholds: [0, 10001]",
      "3:40: budgets[0].thresholds[0]: 0 is not within 1 to 10000: it is a percentage of the limit\n"
        + "3:43: budgets[0].thresholds[1]: 10001 is not within 1 to 10000: it is a percentage of the limit"
    ),
    (
      "name: a, limit: 1 USD, match: {tem: x}",
      #"3:35: unknown label "tem" in budgets[0].match, did you mean "team"?"#
    ),
    (
      "name: a, limit: 1 USD, match: {tier: x}",
      #"3:35: unknown label "tier" in budgets[0].match, did you mean "user"?"#
    ),
    (
      "name: a, limit: 1 USD, match: {team: []}",
      "3:41: budgets[0].match.team: is empty, so that nothing would match"
    ),
    (
      "name: a, limit: 1 USD, per: power_level",
      #"3:32: budgets[0].per: expected one of key, team, user, end_user, provider, model, route, tag, got "power_level""#
    ),
    (
      "name: a, limit: 1 USD, notify: [n8m]",
      #"3:36: budgets[0].notify[0]: there is no receiver "n8m", did you mean "n8n"?"#
    ),
    (
      "name: a, limit: 1 USD, period: {rolling: 1h}, timezone: Asia/Tokyo, forecast: true",
      "3:60: budgets[0].timezone: given for a rolling window, which has no calendar\n"
        + "3:82: budgets[0].forecast: given for a rolling window, which has no end to look ahead to"
    ),
    (
      "name: a, limit: 1 USD}\n- {name: a, limit: 2 USD",
      #"4:10: budgets[1].name: "a" is the name of another budget, at f:3:10"#
    ),
  ])
  func mistakes(text: String, problem: String) {
    #expect(told(text) == problem)
  }

  @Test func withoutReceiversThereIsNobodyToTell() {
    #expect(
      problems("budgets: [{name: a, limit: 1 USD, notify: [x]}]")
        == #"1:44: budgets[0].notify[0]: there is no receiver "x", there are none in receivers"#)
  }

  @Test func includedFiles() throws {
    let scratch = Scratch()
    scratch.write("budgets: [{name: a, limit: 1 USD}]", to: "sidelight.b1.yaml")
    scratch.write(
      "budgets:\n- {name: b, limit: 2 USD}\n- {name: c, limit: 3 USD}", to: "sidelight.b2.yaml")
    let text = "budgets: [{name: own, limit: 1 USD}]\ninclude: [sidelight.b*.yaml]\n"
    let path = scratch.write(text, to: "main.yaml")
    let read = try Configuration.load(path: path, environment: [:])
    #expect(read.allBudgets.map(\.name) == ["own", "a", "b", "c"])
    #expect(read.redacted().contains("include: [\"\(scratch.path)/sidelight.b*.yaml\"]"))
    #expect(!read.redacted().contains("name: b"))
  }

  @Test func mistakesInIncludedFilesAreToldWithTheirPlace() {
    let scratch = Scratch()
    scratch.write("budgets: [{name: own, limit: 1 USD}, {name: x, limit: 1}]", to: "1.yaml")
    scratch.write("budgets:\n  - {name: own}\n", to: "2.yaml")
    scratch.write("listen: 1\n", to: "3.yaml")
    scratch.write("a: [", to: "4.yaml")
    let path = scratch.write(
      "budgets: [{name: own, limit: 1 USD}]\ninclude: [\"?.yaml\", missing.yaml]\nlisten: x\n",
      to: "main.yaml")
    let error = #expect(throws: ConfigError.self) {
      try Configuration.load(path: path, environment: [:])
    }
    let text = error?.description.replacing(scratch.path + "/", with: "") ?? ""
    #expect(
      text == #"""
        main.yaml:2:21: include[1]: cannot read "missing.yaml": No such file or directory
        main.yaml:3:9: listen: expected an address and a port such as 127.0.0.1:4010 or [::1]:4010, got "x"
        1.yaml:1:18: budgets[0].name: "own" is the name of another budget, at main.yaml:1:18
        1.yaml:1:55: budgets[1].limit: "1" has no unit, expected USD, requests or tokens, such as "10 USD"
        2.yaml:2:5: budgets[0]: limit is missing
        2.yaml:2:12: budgets[0].name: "own" is the name of another budget, at main.yaml:1:18
        3.yaml:1:1: unknown key "listen" (known: budgets)
        4.yaml:1:5: not valid YAML: did not find expected node content, while parsing a flow node
        """#)
  }

  /// The plans of deploy/budgets, as a user includes them.
  @Test func thePlansThatAreShipped() throws {
    let plans = Repository.path("deploy/budgets/*.yaml")
    let read = try decode("labels: {extra: {tier: meta.tier}}\ninclude: [\"\(plans)\"]")
    let rules = Dictionary(uniqueKeysWithValues: read.allBudgets.map { ($0.name, $0) })
    #expect(read.allBudgets.count == 15)
    #expect(rules["daily"]?.limit.text == "10 USD" && rules["daily"]?.match == [])
    #expect(rules["free-models"]?.limit.amount == 0)
    #expect(rules["free-models"]?.period == .calendar(.month))
    #expect(rules["user-month"]?.per == .user)
    let quotas: [(String, [Int64])] = [("free", [10, 100, 500]), ("max", [500, 20_000])]
    for (tier, limits) in quotas {
      let found = ["minute", "hour", "day"].compactMap { rules["\(tier)-\($0)"]?.limit.amount }
      #expect(found == limits)
      #expect(rules["\(tier)-minute"]?.period == .calendar(.minute))
      #expect(rules["\(tier)-hour"]?.match == [BudgetMatch(.extra("tier"), [Glob(tier)])])
    }
  }
}
