import Support
import TestSupport
import Testing

@testable import Budget

@Suite struct GateTests {
  private let now = ManualClock().now
  private let board = BudgetBoard()

  /// Rules with what some scopes have spent of 100 requests.
  private func show(_ rules: [(BudgetRule, [String: Int64])]) {
    let keys = [
      KeyProfile(id: 0x7b5b_1709, key: "svc-1", team: "growth", user: "ann"),
      KeyProfile(id: 0x0000_00ff, key: "000000ff", team: "", user: ""),
    ]
    board.reset(rules.map(\.0), keys: keys)
    for (index, (_, scopes)) in rules.enumerated() {
      board.update(
        scopes.map { text, spent in
          BudgetStatus(
            rule: index, text: text, spent: spent,
            window: CalendarUnit.day.window(around: now, in: .utc), crossed: [])
        }, dropped: [], keys: [])
    }
  }

  private static let untilMidnight = TimeSpan.hours(12)

  @Test func oneBudgetForAll() {
    show([(.test(), ["": 99])])
    #expect(board.gate("test", GateAsker(), now: now) == .allow)
    #expect(board.gate("tset", GateAsker(), now: now) == .unknownBudget)
    show([(.test(), ["": 100])])
    let denied = GateAnswer.deny(budget: "test", scope: "all", retryAfter: Self.untilMidnight)
    #expect(board.gate("test", GateAsker(), now: now) == denied)
    #expect(board.gate("test", GateAsker(key: "svc-1"), now: now) == denied)
    #expect(board.gate(GateAsker(), now: now) == denied)
    // The next period has room, whether it was evaluated or not.
    #expect(board.gate("test", GateAsker(), now: now + .hours(12)) == .allow)
    #expect(board.gate("test", GateAsker(), now: now + .seconds(43_199)) != .allow)
  }

  @Test func aBudgetForEachKey() {
    show([(.test { $0.per = .key }, ["svc-1": 100, "000000ff": 1])])
    let denied = GateAnswer.deny(budget: "test", scope: "svc-1", retryAfter: Self.untilMidnight)
    for asker in [
      GateAsker(key: "svc-1"), GateAsker(key: "7b5b1709"), GateAsker(keyID: 0x7b5b_1709),
    ] {
      #expect(board.gate("test", asker, now: now) == denied)
      #expect(board.gate(asker, now: now) == denied)
    }
    for asker in [
      GateAsker(), GateAsker(key: "000000ff"), GateAsker(key: "svc-2"), GateAsker(keyID: 1),
      GateAsker(key: ""), GateAsker(key: "7B5B1709"),
    ] {
      #expect(board.gate("test", asker, now: now) == .allow)
      #expect(board.gate(asker, now: now) == .allow)
    }
  }

  @Test func whatAKeysLastRequestToldCounts() {
    let team = BudgetRule.test {
      $0.name = "team"
      $0.per = .team
    }
    let user = BudgetRule.test {
      $0.name = "growth"
      $0.match = [BudgetMatch(.team, [Glob("growth")])]
      $0.per = .user
    }
    show([(team, ["growth": 1]), (user, ["ann": 100])])
    #expect(
      board.gate(GateAsker(key: "svc-1"), now: now)
        == .deny(budget: "growth", scope: "ann", retryAfter: Self.untilMidnight))
    // What the caller says goes before.
    let other = GateAsker(key: "svc-1", attributes: [.user: "bob"])
    #expect(board.gate(other, now: now) == .allow)
    let ops = GateAsker(key: "svc-1", attributes: [.team: "ops"])
    #expect(board.gate("growth", ops, now: now) == .allow)
  }

  @Test func ofAllBudgetsThoseHoldThatAreKnownToMatch() {
    let openai = BudgetRule.test { $0.match = [BudgetMatch(.provider, [Glob("openai")])] }
    show([(openai, ["": 100])])
    #expect(board.gate(GateAsker(key: "svc-1"), now: now) == .allow)
    #expect(board.gate("test", GateAsker(key: "svc-1"), now: now) != .allow)
    #expect(board.gate(GateAsker(attributes: [.provider: "openai"]), now: now) != .allow)
    #expect(board.gate("test", GateAsker(attributes: [.provider: "azure"]), now: now) == .allow)
  }

  /// Labels show no addresses; callers of the gate do not know that.
  @Test func addressesReadAsLabelsShowThem() {
    let ann = BudgetRule.test {
      $0.per = .user
      $0.match = [BudgetMatch(.team, [Glob("a@b")])]
    }
    board.reset([ann], keys: [KeyProfile(id: 1, key: "h:k@x", team: "h:a@b", user: "h:u@x")]) {
      $1.contains("@") ? "h:" + $1 : $1
    }
    let window = CalendarUnit.day.window(around: now, in: .utc)
    board.update(
      [BudgetStatus(rule: 0, text: "h:u@x", spent: 100, window: window, crossed: [])],
      dropped: [], keys: [])
    for asker in [
      GateAsker(key: "k@x"), GateAsker(keyID: 1),
      GateAsker(attributes: [.user: "u@x", .team: "a@b"]),
    ] {
      #expect(board.gate(asker, now: now) != .allow)
    }
    #expect(board.gate(GateAsker(key: "k@x", attributes: [.team: "ops"]), now: now) == .allow)
  }

  @Test func freeModelsOnly() {
    let free = BudgetRule.test { $0.limit = BudgetLimit(0, .usd) }
    show([(free, ["": 0])])
    #expect(board.gate("test", GateAsker(), now: now) == .allow)
    show([(free, ["": 1])])
    #expect(board.gate("test", GateAsker(), now: now) != .allow)
  }

  @Test func whileTheLedgerCannotBeWritten() {
    let strict = BudgetRule.test {
      $0.name = "strict"
      $0.gateOnError = .deny
    }
    show([(.test(), ["": 1]), (strict, ["": 1])])
    board.isCurrent = false
    #expect(board.gate("test", GateAsker(), now: now) == .allow)
    #expect(board.gate("strict", GateAsker(), now: now) == .doubt(budget: "strict"))
    #expect(board.gate(GateAsker(), now: now) == .doubt(budget: "strict"))
    board.isCurrent = true
    #expect(board.gate(GateAsker(), now: now) == .allow)
    // What is spent stays spent.
    show([(.test(), ["": 100])])
    board.isCurrent = false
    #expect(board.gate("test", GateAsker(), now: now) != .allow)
  }

  @Test func rollingWindowsOpenWhenEnoughHasSlidOut() {
    var desk = Desk([.test { $0.period = .rolling(.hours(1)) }])
    desk.spend(60)
    desk.clock.advance(.minutes(10))
    desk.spend(60)
    _ = desk.commit()
    board.reset(desk.rules, keys: [])
    board.update([desk.status()].compactMap { $0 }, dropped: [], keys: [])
    #expect(
      board.gate("test", GateAsker(), now: desk.now)
        == .deny(budget: "test", scope: "all", retryAfter: .minutes(50)))
  }

  @Test func keysAreHashedAsLiteLLMDoes() {
    // printf sk-1234 | sha256sum
    #expect(KeyProfile.id(ofKey: "sk-1234") == 0x88dc_28d0)
    #expect(KeyProfile.id("88dc28d0".utf8) == 0x88dc_28d0)
    for text in ["88dc28d", "88dc28d01", "88DC28D0", "", "88dc28g0"] {
      #expect(KeyProfile.id(text.utf8) == nil)
    }
  }

  @Test func aSharedBoardKnowsNothingUntilItWasShownAndForgetsAgain() {
    var strict = BudgetRule.test()
    strict.gateOnError = .deny
    show([(strict, ["": 1])])
    board.share()
    #expect(board.gate("test", GateAsker(), now: now) == .doubt(budget: "test"))
    #expect(board.viewAge(at: now) == nil)
    let status = BudgetStatus(
      rule: 0, text: "", spent: 1, window: CalendarUnit.day.window(around: now, in: .utc),
      crossed: [])
    var other = strict
    other.name = "other"
    board.show([status], of: [other], at: now)
    #expect(board.gate("test", GateAsker(), now: now) == .doubt(budget: "test"))
    board.show([status], of: [strict], at: now)
    #expect(board.gate("test", GateAsker(), now: now + .seconds(10)) == .allow)
    #expect(board.viewAge(at: now + .seconds(10)) == .seconds(10))
    #expect(board.gate("test", GateAsker(), now: now + .seconds(11)) == .doubt(budget: "test"))
    // A reload keeps what was seen for as long as it holds.
    board.reset([strict], keys: [])
    #expect(board.gate("test", GateAsker(), now: now) == .allow)
    board.show([], of: [strict], at: now)
    #expect(board.entries[0].scopes.isEmpty)
  }
}
