import TestSupport
import Testing

@testable import Daemon

/// 525 requests of 21 kinds through the real proxy: every number against what the clients saw.
@Suite struct StandardLogTests {
  /// Read once for all tests.
  private struct Run: Sendable {
    let views: [ClientView]
    let payloads: [PayloadText]
    let text: String
    let problems: Int

    init() throws {
      let lines = try Captured.lines("standard_small.jsonl.gz")
      payloads = lines.map(PayloadText.init)
      views = try Captured.lines("standard_small_truth.jsonl.gz").map(ClientView.init)
      let rig = Rig()
      rig.scratch.write(lines.joined(separator: "\n") + "\n", to: "proxy.jsonl")
      try rig.run()
      text = rig.text
      problems = rig.problems.count
    }
  }

  private static let run = Result { try Run() }

  private let views: [ClientView]
  private let payloads: [PayloadText]
  private let text: String
  private let problems: Int
  private let series: Series
  /// By call id. A client with a bad key never learns its call id.
  private let seen: [String: ClientView]

  init() throws {
    let run = try Self.run.get()
    (views, payloads, text, problems) = (run.views, run.payloads, run.text, run.problems)
    seen = Dictionary(views.map { ($0.callID, $0) }) { first, _ in first }
    series = Series(text)
  }

  private var cacheHits: Set<String> { Set(payloads.filter(\.isCacheHit).map(\.callID)) }

  private var badKeys: Int64 { Int64(payloads.count { seen[$0.callID] == nil }) }

  private func tally<Item>(_ items: [Item], _ key: (Item) -> String?) -> [String: Int64] {
    var counts: [String: Int64] = [:]
    for item in items { if let key = key(item) { counts[key, default: 0] += 1 } }
    return counts
  }

  @Test func theCapturesAreWhatTheyWere() {
    #expect(payloads.count == 650 && views.count == 500 && badKeys == 25)
    #expect(problems == 0)
  }

  @Test func everyRequestHasOneOutcome() {
    var expected = tally(views, \.outcome)
    expected["failure", default: 0] += badKeys
    #expect(series.counts("llm_requests_total", by: "status") == expected)
    #expect(expected == ["success": 275, "cancelled": 25, "failure": 225])
  }

  @Test func failuresNameFaultAndReason() {
    var expected = tally(views.filter { $0.outcome == "failure" }) { view in
      switch (view.scenario, view.status) {
      case ("nomodel", _): "caller|unknown_model"
      case ("up400", _): "caller|invalid_request"
      case ("midcut", _): "provider|stream_broken"
      case ("up401", _): "provider|credentials"
      case (_, 429): "provider|rate_limited"
      case (_, 408): "provider|timeout"
      case (_, 500): "provider|server_error"
      case (_, 503): "provider|overloaded"
      default: nil
      }
    }
    expected["policy|key_rejected"] = badKeys
    #expect(series.counts("llm_request_failures_total", by: "fault", "reason") == expected)
    #expect(expected.values.reduce(0, +) == 225)
  }

  @Test func aRefusedProviderKeyIsNotARejectedClientKey() {
    let byProvider = series.counts("llm_request_failures_total", by: "reason", "provider", "model")
    #expect(byProvider["credentials|gemini|gemini-2.5-flash"] == 25)
    #expect(byProvider["key_rejected|none|none"] == 25)
    #expect(byProvider.keys.filter { $0.hasPrefix("key_rejected") }.count == 1)
    #expect(
      series.counts("llm_key_requests_total", by: "key", "team", where: "key=\"none\"")
        == ["none|none": 25])
  }

  @Test func retriesAreByTheirFirstFailure() {
    let expected = tally(views.filter { $0.retries > 0 && $0.fallbacks == 0 }) {
      ClientView.provider(of: $0.route)
    }
    #expect(series.counts("llm_retried_requests_total", by: "provider") == expected)
    #expect(expected.values.reduce(0, +) == 25)
  }

  @Test func fallbacksAreByPair() {
    let served = views.filter { $0.fallbacks > 0 }
    let expected = tally(served) {
      let fallback = ClientView.provider(of: $0.servedRoute, deployment: $0.deployment)
      return "\(ClientView.provider(of: $0.route))|\(fallback)"
    }
    #expect(
      series.counts("llm_fallbacks_total", by: "primary_provider", "fallback_provider")
        == expected)
    #expect(expected.values.reduce(0, +) == 100)
    #expect(
      series.counts("llm_route_fallbacks_total", by: "route", "served_route")
        == tally(served) { "\($0.route)|\($0.servedRoute)" })
  }

  @Test func tokensAreWhatTheClientsWereBilled() {
    var expected: [String: Int64] = [:]
    for payload in payloads where payload.isSuccess && !payload.isCacheHit {
      let view = seen[payload.callID]
      let served = "\(payload.provider)|\(payload.model)"
      // Not every stream tells its client; then the proxy's own count is all there is.
      expected["\(served)|input", default: 0] += view?.input ?? payload.input
      expected["\(served)|output", default: 0] += view?.output ?? payload.output
    }
    #expect(series.counts("llm_tokens_total", by: "provider", "model", "type") == expected)
    #expect(
      series.counts("llm_tokens_total", by: "type")
        == series.counts("llm_key_tokens_total", by: "type"))
  }

  @Test func costIsTheExactDecimalSum() {
    var expected: [String: Int64] = [:]
    for payload in payloads where payload.isSuccess && !payload.isCacheHit {
      let isFree = payload.model.hasSuffix(":free")
      guard payload.cost > 0 || isFree else { continue }
      expected["\(payload.provider)|\(payload.model)", default: 0] += payload.cost
    }
    #expect(series.sums("llm_cost_total", by: "provider", "model") == expected)
    let total = expected.values.reduce(0, +)
    #expect(series.sums("llm_cost_total", by: "none") == ["": total])
    #expect(series.sums("llm_key_cost_total", by: "none") == ["": total])
    #expect(series.sums("llm_team_cost_total", by: "none") == ["": total])
  }

  @Test func whatHasNoPriceIsSaid() {
    let unpriced = payloads.filter {
      $0.isSuccess && !$0.isCacheHit && $0.cost == 0 && !$0.model.hasSuffix(":free")
    }
    let expected = tally(unpriced) { "\($0.provider)|\($0.model)" }
    #expect(series.counts("llm_unpriced_requests_total", by: "provider", "model") == expected)
    #expect(expected == ["groq|llama-3.3-70b-versatile": 9])
    #expect(
      series.counts("llm_unpriced_tokens_total", by: "provider")
        == ["groq": unpriced.reduce(0) { $0 + $1.input + $1.output }])
  }

  @Test func answersFromTheCacheBillNothing() {
    let hits = payloads.filter(\.isCacheHit)
    #expect(hits.count == 9)
    #expect(
      series.counts("llm_cached_requests_total", by: "provider", "model")
        == tally(hits) { "\($0.provider)|\($0.model)" })
    let served = views.filter { $0.outcome == "success" }.count
    #expect(
      series.counts("llm_request_duration_seconds_count", by: "none")
        == ["": Int64(served - hits.count)])
  }

  @Test func attemptsAreFirstFailuresAndAnswers() {
    let failed = payloads.filter { payload in
      // An unknown model and a client's bad key reach nobody.
      guard let view = seen[payload.callID] else { return false }
      return !payload.isSuccess && view.scenario != "nomodel"
    }
    let answered = payloads.filter { $0.isSuccess && !$0.isCacheHit && $0.errorCode != "499" }
    let attempts = series.counts("llm_attempts_total", by: "result")
    #expect(attempts["success"] == Int64(answered.count))
    #expect(attempts["cancelled"] == 25)
    #expect(
      attempts.filter { !["success", "cancelled"].contains($0.key) }.values.reduce(0, +)
        == Int64(failed.count))
    #expect(
      attempts.values.reduce(0, +)
        == series.counts("llm_deployment_attempts_total", by: "none")[""])
  }

  @Test func powerLevelsAreTheClients() {
    // The proxy drops the `litellm_metadata` of /v1/messages; the cache's clients sent none.
    let lost: Set = ["messages", "messages_stream", "cache"]
    var expected = tally(views) { lost.contains($0.scenario) ? "none" : $0.powerLevel ?? "none" }
    expected["none", default: 0] += badKeys
    #expect(series.counts("llm_requests_total", by: "power_level") == expected)
  }

  @Test func clientsWaitedLongerThanTheProxyKnows() throws {
    let waited = try #require(
      series.sums("llm_request_duration_seconds_sum", by: "none")[""])
    let served = views.filter { $0.outcome == "success" && !cacheHits.contains($0.callID) }
    let clients = served.reduce(0) { $0 + $1.latency }
    // Before the first attempt a request was queued for up to a second here.
    #expect(waited < clients && clients - waited < Int64(served.count) * 1_100_000_000)
  }

  @Test func attemptsWhoseStartIsUnknownHaveNoDuration() {
    let results = series.counts("llm_attempts_total", by: "result")
    let all = results.values.reduce(0, +) - (results["cancelled"] ?? 0)
    let streamed = views.filter { $0.scenario == "fb_stream" }.count
    #expect(
      series.counts("llm_attempt_duration_seconds_count", by: "none") == ["": all - Int64(streamed)]
    )
    let streams = views.filter {
      ["stream", "messages_stream"].contains($0.scenario)
    }
    #expect(
      series.counts("llm_time_to_first_token_seconds_count", by: "none")
        == ["": Int64(streams.count)])
  }

  @Test func theWholeExpositionIsAsRecorded() {
    #expect(Golden.difference(text, from: "standard_small.prom") == nil)
  }

  @Test func everyLineIsAccountedFor() {
    #expect(series.counts("sidelight_source_lines_total", by: "source") == ["LOG": 650])
    #expect(series.counts("sidelight_source_events_total", by: "source") == ["LOG": 650])
    #expect(series.counts("sidelight_source_duplicates_total", by: "source") == ["LOG": 0])
  }
}
