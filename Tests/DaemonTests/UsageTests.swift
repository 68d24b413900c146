import Ledger
import Support
import Tally
import TestSupport
import Testing

@testable import Daemon

/// One run of the real proxy: usage by any label against `/metrics`, which the truth is tested
/// against, and against the truth's cost.
@Suite struct UsageTests {
  private let rig: Rig
  private static let whole = "from=1795219200&to=1795305600"
  private static let cost: Int64 = 2_237_975_130

  init() throws {
    var labels = LabelOptions()
    labels.attribution = LabelOptions.Attribution.allCases
    labels.extra = [
      .init(name: "tier", selector: .meta("power_level")),
      .init(name: "rollout", selector: .tag(prefix: "ci")),
    ]
    rig = Rig(labels: labels, clock: ManualClock(Timestamp(microseconds: 1_795_284_000_000_000)))
    rig.scratch.write(
      try Captured.lines("lab/native.jsonl.gz").joined(separator: "\n") + "\n", to: "proxy.jsonl")
    try rig.run()
  }

  @Test(arguments: [
    ["provider"], ["model"], ["provider", "model"], ["provider", "model", "power_level"],
  ])
  func moneyIsThatOfTheMetrics(_ by: [String]) throws {
    let report = try rig.usage("\(Self.whole)&by=\(by.joined(separator: ","))")
    #expect(
      report.sums(\.cost) == rig.series.sums("llm_cost_total", by: by).filter { $0.value != 0 })
    #expect(report.totals.cost == Self.cost && report.totals.requests == 620)
  }

  @Test(arguments: [
    "provider", "model", "route", "power_level", "key", "team", "user", "end_user", "status",
    "tier", "rollout", "deployment", "served_route", "reason", "user,status", "key,model,status",
    "team,tier,rollout",
  ])
  func rowsAddUpToTheTruth(_ by: String) throws {
    for step in ["", "&step=15m", "&step=1h&tz=Asia/Kolkata", "&step=1mo"] {
      let report = try rig.usage("\(Self.whole)&by=\(by)\(step)&limit=10000")
      #expect(report.nextOffset == nil)
      var sum = UsageSums()
      for row in report.rows { sum += row.sums }
      #expect(sum == report.totals, "\(step)")
      #expect(sum.cost == Self.cost && sum.requests == 620)
    }
  }

  @Test func requestsAndAttributionAreThoseOfTheMetrics() throws {
    func counts(_ name: String, _ labels: String...) -> [String: Int64] {
      rig.series.sums(name, by: labels).mapValues { $0 / 1_000_000_000 }.filter { $0.value != 0 }
    }
    let status = try rig.usage("\(Self.whole)&by=provider,model,power_level,status")
    #expect(
      status.sums(\.requests)
        == counts("llm_requests_total", "provider", "model", "power_level", "status"))
    #expect(
      try rig.usage("\(Self.whole)&by=provider").sums(\.cached)
        == counts("llm_cached_requests_total", "provider"))
    #expect(
      try rig.usage("\(Self.whole)&by=model").sums(\.unpriced)
        == counts("llm_unpriced_requests_total", "model"))
    let fallbacks = try rig.usage("\(Self.whole)&by=route,served_route").totals.fallbacks
    #expect(fallbacks == counts("llm_fallbacks_total", "reason").values.reduce(0, +))
    for label in ["user", "end_user", "tag"] {
      let report = try rig.usage("\(Self.whole)&by=\(label)")
      #expect(
        report.sums(\.cost)
          == rig.series.sums("llm_\(label)_cost_total", by: label).filter { $0.value != 0 })
      #expect(report.totals.cost == Self.cost, "\(label)")
    }
    let tiers = try rig.usage("\(Self.whole)&by=tier").sums(\.requests)
    #expect(
      tiers
        == rig.series.counts("llm_extra_requests_total", by: "value", where: "name=\"tier\""))
  }

  @Test func singleRequestsTellTheSameAsTheRollups() throws {
    for by in ["&by=provider,model,route,power_level,key,team,status,tier,rollout", "", "&by=team"]
    {
      let rollups = try rig.usage("\(Self.whole)\(by)&sort=requests&limit=10000")
      let requests = try rig.usage(
        "\(Self.whole)\(by)&sort=requests&source=requests&limit=10000")
      #expect(rollups.rows.map(\.labels) == requests.rows.map(\.labels))
      for (left, right) in zip(rollups.rows, requests.rows) {
        var left = left.sums
        (left.cacheRead, left.cacheWrite, left.reasoning, left.saved) = (0, 0, 0, 0)
        var right = right.sums
        (right.streams, right.firstTokens) = (0, 0)
        #expect(left == right)
      }
    }
  }

  @Test func firstTokensAreThoseOfTheHistogram() throws {
    let sums = try rig.usage("\(Self.whole)&source=requests").totals
    let seconds = rig.series.sums("llm_time_to_first_token_seconds_sum", by: "model")
    #expect(sums.firstTokens * 1000 == seconds.values.reduce(0, +))
    let counts = rig.series.counts("llm_time_to_first_token_seconds_count", by: "model")
    #expect(sums.streams == counts.values.reduce(0, +))
  }

  @Test func filtersTakeOrWithinALabelAndAndBetweenLabels() throws {
    let all = try rig.usage("\(Self.whole)&by=provider,status").sums(\.requests)
    let some = try rig.usage(
      "\(Self.whole)&by=provider,status&provider=openai&provider=azure&status=success")
    #expect(
      some.sums(\.requests)
        == all.filter { ["openai|success", "azure|success"].contains($0.key) })
    #expect(try rig.usage("\(Self.whole)&provider=nobody").totals == UsageSums())
    #expect(try rig.usage("\(Self.whole)&provider=nobody").rows.isEmpty)
    // By a label that is not shown.
    let users = try rig.usage("\(Self.whole)&by=user").sums(\.requests)
    let user = try #require(users.keys.filter { $0 != "none" }.min())
    #expect(try rig.usage("\(Self.whole)&user=\(user)").totals.requests == users[user])
    let without = try rig.usage("\(Self.whole)&user=none&by=status")
    #expect(without.totals.requests == users["none"] ?? 0)
  }
}
