import FoundationEssentials
import HTTP
import Ledger
import Support
import TestSupport
import Testing

@testable import Daemon

/// The API over a real socket, its ledger filled by a pipeline that still has it open.
@Suite struct APITests {
  private let rig = Rig()

  private func request(
    _ id: Int, ago: Double, took: Double = 1, outcome: String = "success", attempts: Int = 1,
    _ rest: String = ""
  ) -> String {
    let end = rig.clock.now.seconds - ago
    return """
      {"kind":"request","id":"r\(id)","start":\(end - took),"end":\(end),"outcome":"\(outcome)",\
      "route":"gpt-4o","served_route":"gpt-4o","provider":"openai","model":"gpt-4o",\
      "deployment":"main","attempts":\(attempts),"tokens":{"input":10,"output":5},\
      "cost_usd":0.25\(rest)}

      """
  }

  private func answer(_ path: String) throws -> String {
    let response = try #require(try rig.get(path).first)
    #expect(response.status == 200, "\(response.text)")
    #expect(response.headers["content-type"] == "application/json")
    return response.text
  }

  private struct Stats: Decodable, Equatable {
    var window: Double
    var from: Double
    var totalRequests: Int
    var successRate: Double?
    var errorRate: Double?
    var averageLatency: Double?
    var p95Latency: Double?
    var primarySuccess: Double?
    var fallbackRate: Double?
    var totalTokens: Int
    var tokensPerRequest: Double?
    var totalCost: Double
    var errorsByType: [String: Int]
    var providerHealth: [String: String]
  }

  private func stats(_ path: String = "/api/v1/stats") throws -> Stats {
    try JSONDecoder().decode(Stats.self, from: Data(try answer(path).utf8))
  }

  @Test func statsOfTheLastDay() throws {
    var lines = (0..<18).map { request($0, ago: 60 + Double($0), took: Double($0 + 1)) }
    // One on its second attempt, one by a fallback, two failures, one from the cache, one cancelled.
    lines.append(request(20, ago: 5, took: 100, attempts: 2, ",\"retries\":1"))
    lines.append(request(21, ago: 5, took: 3, attempts: 2, ",\"fallbacks\":1"))
    for id in [22, 23] {
      lines.append(request(id, ago: 5, outcome: "failure", ",\"reason\":\"timeout\""))
    }
    lines.append(
      request(24, ago: 5, outcome: "failure", attempts: 0, ",\"reason\":\"key_rejected\""))
    lines.append(request(25, ago: 5, attempts: 0, ",\"cache_hit\":true"))
    lines.append(request(26, ago: 5, outcome: "cancelled"))
    // The day before yesterday.
    lines.append(request(27, ago: 90_000))
    rig.scratch.write(lines.joined(), to: "a.jsonl")
    try rig.run()
    let stats = try stats()
    #expect(stats.totalRequests == 25)
    #expect(stats.successRate == 21.0 / 25 && stats.errorRate == 3.0 / 25)
    // 1…18, 100 and 3 s.
    #expect(stats.averageLatency == 13.7 && stats.p95Latency == 18)
    #expect(stats.primarySuccess == 18.0 / 23 && stats.fallbackRate == 1.0 / 25)
    // An answer from the cache bills nothing.
    #expect(stats.totalTokens == 360 && stats.totalCost == 6)
    #expect(stats.errorsByType == ["timeout": 2, "key_rejected": 1])
    #expect(stats.providerHealth == ["openai": "healthy"])
    #expect(stats.window == 86_400 && stats.from == 1_795_176_000)
    #expect(try self.stats("/api/v1/stats?window=48h").totalRequests == 26)
    #expect(try self.stats("/api/v1/stats?window=1m").totalRequests == 25)
  }

  @Test func statsOfNothing() throws {
    try rig.start()
    let stats = try stats()
    #expect(stats.totalRequests == 0 && stats.totalCost == 0)
    #expect(stats.successRate == nil && stats.p95Latency == nil && stats.primarySuccess == nil)
    #expect(stats.errorsByType.isEmpty && stats.providerHealth.isEmpty)
  }

  @Test func providersWithTheirDeployments() throws {
    rig.scratch.write(
      (0..<5).map {
        request($0, ago: 5, ",\"rate_limit\":{\"remaining_requests\":99,\"limit_tokens\":5}")
      }.joined(), to: "a.jsonl")
    try rig.run()
    let text = try answer("/api/v1/providers")
    let now = rig.clock.now.seconds
    let state = """
      "state":"healthy","health":1.0,"since":\(Int(now)),"origin":"traffic",\
      "lastHeard":\(Int(now) - 5),"attempts":5,"errorRatio":0.0,"rateLimitedRatio":0.0,\
      "lastFailure":null
      """
    #expect(
      text == """
        {"time":\(Int(now)),"providers":[{"provider":"openai",\(state),\
        "rateLimits":[{"model":"gpt-4o","remainingRequests":99,"limitTokens":5,\
        "seen":\(Int(now) - 5)}],\
        "deployments":[{"deployment":"main","route":"gpt-4o","model":"gpt-4o",\(state)}]}]}

        """)
    #expect(try answer("/health/providers") == text)
  }

  @Test func eventsByTimeKindAndNumber() throws {
    try rig.start()
    let ledger = try #require(rig.ledger)
    for (index, kind) in [
      LedgerEvent.Kind.providerHealth, .deploymentHealth, .providerHealth,
    ].enumerated() {
      try ledger.write(
        LedgerEvent(
          time: rig.clock.now - .hours(Int64(index)), kind: kind, subject: "s\(index)",
          detail: .object(["to": .text("healthy")])))
    }
    func subjects(_ query: String) throws -> [String] {
      struct Answer: Decodable {
        struct Event: Decodable { var subject: String }
        var events: [Event]
      }
      let text = try answer("/api/v1/events\(query)")
      return try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).events.map(\.subject)
    }
    #expect(try subjects("") == ["s0", "s1", "s2"])
    #expect(try subjects("?limit=1") == ["s0"])
    #expect(try subjects("?from=90m") == ["s0", "s1"])
    #expect(try subjects("?from=2026-11-21T11:00:00Z&to=1795262400") == ["s1"])
    #expect(try subjects("?kind=provider_health") == ["s0", "s2"])
    #expect(try subjects("?kind=provider_health,deployment_health&to=1s") == ["s1", "s2"])
    #expect(
      try answer("/api/v1/events?limit=1") == """
        {"events":[{"time":1795262400,"kind":"provider_health","subject":"s0",\
        "detail":{"to":"healthy"}}]}

        """)
  }

  @Test(arguments: [
    ("/api/v1/events?limt=1", #"unknown parameter \"limt\", did you mean \"limit\"?"#),
    ("/api/v1/events?limit=0", #"limit: expected a number from 1 to 1000, got \"0\""#),
    ("/api/v1/events?from=monday", #"1795262400, now, now-7d, 7d or now/d, got \"monday\""#),
    ("/api/v1/events?kind=x", #"provider_health, deployment_health"#),
    ("/api/v1/stats?window=1s", #"expected a duration such as 24h (1m to 3660d), got \"1s\""#),
    ("/api/v1/providers?x", #"unknown parameter \"x\" (known: none)"#),
  ])
  func mistakes(_ path: String, _ message: String) throws {
    try rig.start()
    let response = try #require(try rig.get(path).first)
    #expect(response.status == 400)
    #expect(response.text.hasPrefix(#"{"error":{"code":"bad_parameter","message":""#))
    #expect(response.text.contains(message), "\(response.text)")
  }

  @Test func aLedgerThatCannotBeReadIsSaid() throws {
    try rig.start()
    rig.settings.ledger.path = rig.scratch.file("gone.db")
    let response = try #require(try rig.get("/api/v1/events").first)
    #expect(response.status == 503)
    #expect(response.text.contains("ledger_unavailable"))
  }
}
