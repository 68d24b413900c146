import Health
import Metrics
import Record
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

@Suite struct HealthPipelineTests {
  private let rig = Rig()

  /// A native line of a request that one provider served, or of an attempt that failed.
  private func line(
    _ provider: String, _ reason: String? = nil, deployment: String = "main",
    late: TimeSpan = .seconds(0), id: Int
  ) -> String {
    let end = (rig.clock.now - late).seconds
    let common = """
      "id":"\(id)","start":\(end - 0.5),"end":\(end),"route":"gpt-4o","provider":"\(provider)",\
      "model":"gpt-4o","deployment":"\(deployment)"
      """
    guard let reason else {
      return """
        {"kind":"request",\(common),"outcome":"success","served_route":"gpt-4o","attempts":1,\
        "attempt_start":\(end - 0.5),"tokens":{"input":500,"output":500},"cost_usd":0.001}

        """
    }
    return "{\"kind\":\"attempt\",\(common),\"n\":1,\"reason\":\"\(reason)\"}\n"
  }

  /// A line each second for so long, each followed by a step.
  private func traffic(
    _ provider: String, _ reason: String? = nil, seconds: Int, late: TimeSpan = .seconds(0)
  ) throws {
    for _ in 0..<seconds {
      rig.clock.advance(.seconds(1))
      let id = Int(rig.clock.now.microseconds / 1_000_000)
      rig.scratch.append(line(provider, reason, late: late, id: id), to: "a.jsonl")
      try rig.run()
    }
  }

  /// What the health collectors show, one family.
  private func gauges(_ family: Family) -> [String: String] {
    let registry = Registry()
    guard let publisher = rig.publisher else { return [:] }
    registry.addCollector { samples in
      let live = publisher.live.withLock { $0 }
      HealthCollector.collectHealth(live, into: &samples)
      HealthCollector.collectScores(live, into: &samples)
      Collectors.collectRecent(live, into: &samples)
    }
    let name = family.descriptor.name
    var found: [String: String] = [:]
    let text = String(decoding: registry.render(.text, now: rig.clock.now), as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix("\(name){") {
      guard let space = line.lastIndex(of: " ") else { continue }
      let labels = line[..<space].dropFirst(name.count + 1).dropLast()
      found[String(labels).replacing("\"", with: "")] = String(line[line.index(after: space)...])
    }
    return found
  }

  private func events(_ kind: LedgerEvent.Kind = .providerHealth) throws -> [String] {
    var query = LedgerReader.EventQuery()
    query.kinds = [kind]
    let events = try LedgerReader(path: rig.settings.ledger.path).events(query)
    return events.reversed().map { "\($0.subject) \($0.detail.encoded)" }
  }

  @Test func anOutageFromItsBeginningToItsEnd() throws {
    try traffic("openai", seconds: 70)
    #expect(gauges(.providerHealth) == ["provider=openai": "1"])
    try traffic("openai", "credentials", seconds: 15)
    #expect(gauges(.providerHealth) == ["provider=openai": "0"])
    #expect(
      gauges(.deploymentHealth)
        == ["deployment=main,route=gpt-4o,provider=openai,model=gpt-4o": "0"])
    #expect(
      gauges(.providerState) == [
        "provider=openai,state=healthy": "0", "provider=openai,state=degraded": "0",
        "provider=openai,state=unhealthy": "1", "provider=openai,state=unknown": "0",
      ])
    #expect(gauges(.providerErrorRatio) == ["provider=openai": "0.25"])
    #expect(gauges(.providerRateLimitedRatio) == ["provider=openai": "0"])
    try traffic("openai", seconds: 16)
    #expect(gauges(.providerHealth) == ["provider=openai": "1"])
    #expect(
      rig.series.counts("llm_provider_transitions_total", by: "provider", "to")
        == ["openai|healthy": 2, "openai|degraded": 1, "openai|unhealthy": 1])
    #expect(
      try events() == [
        #"openai {"from":"unknown","to":"healthy","origin":"traffic","error_ratio":0.0,"attempts":1}"#,
        #"""
        openai {"from":"healthy","to":"degraded","origin":"traffic","error_ratio":0.1,\#
        "attempts":60,"reason":"credentials"}
        """#,
        #"""
        openai {"from":"degraded","to":"unhealthy","origin":"traffic","error_ratio":0.25,\#
        "attempts":60,"reason":"credentials"}
        """#,
        #"""
        openai {"from":"unhealthy","to":"healthy","recovery":true,"origin":"traffic",\#
        "error_ratio":0.46875,"attempts":32}
        """#,
      ])
    #expect(try events(.deploymentHealth).count == 4)
  }

  /// What waits to be delivered.
  private func told() throws -> [String] {
    try #require(rig.ledger).waitingMessages().map { "\($0.receiver): \($0.title)" }
  }

  @Test func whoListensIsToldOfWhatHolds() throws {
    rig.settings.listeners = [.providerUnhealthy: ["ops"], .providerRecovered: ["ops", "boss"]]
    try traffic("openai", "timeout", seconds: 16)
    try traffic("openai", seconds: 20)
    rig.clock.advance(.minutes(2))
    try rig.run()
    #expect(try told() == [])
    try traffic("openai", "timeout", seconds: 16)
    rig.clock.advance(.seconds(44))
    try rig.run()
    #expect(try told() == [])
    rig.clock.advance(.seconds(16))
    try rig.run()
    #expect(try told() == ["ops: Provider openai is unhealthy"])
    // What was told is known after a crash.
    try rig.start()
    try rig.run()
    try traffic("openai", seconds: 76)
    try rig.run()
    #expect(
      try told() == [
        "ops: Provider openai is unhealthy", "ops: Provider openai is healthy again",
        "boss: Provider openai is healthy again",
      ])
  }

  @Test func itAgesWithoutTraffic() throws {
    try traffic("openai", "timeout", seconds: 20)
    #expect(gauges(.providerHealth) == ["provider=openai": "0"])
    rig.clock.advance(.minutes(14))
    try rig.run()
    #expect(gauges(.providerHealth) == ["provider=openai": "0"])
    rig.clock.advance(.minutes(1))
    try rig.run()
    #expect(gauges(.providerHealth) == [:])
    #expect(gauges(.providerState)["provider=openai,state=unknown"] == "1")
    #expect(try events().last?.contains(#""to":"unknown""#) == true)
  }

  @Test func aRestartGoesOnWhereItWas() throws {
    try traffic("openai", seconds: 30)
    try traffic("openai", "timeout", seconds: 8)
    let before = (gauges(.providerHealth), gauges(.providerErrorRatio))
    try rig.start()
    #expect(gauges(.providerHealth) == before.0)
    rig.clock.advance(.milliseconds(500))
    try rig.run()
    #expect(gauges(.providerErrorRatio).keys == before.1.keys)
    // The outage went on before the restart already.
    try traffic("openai", "timeout", seconds: 7)
    #expect(gauges(.providerHealth) == ["provider=openai": "0"])
    try rig.start()
    #expect(
      rig.series.counts("llm_provider_transitions_total", by: "to")
        == ["healthy": 1, "degraded": 1, "unhealthy": 1])
    #expect(try events().count == 3)
  }

  @Test func aCommitThatFailedTellsNothingTwice() throws {
    try traffic("openai", seconds: 30)
    for _ in 0..<15 {
      rig.clock.advance(.seconds(1))
      let id = Int(rig.clock.now.microseconds / 1_000_000)
      rig.scratch.append(line("openai", "timeout", id: id), to: "a.jsonl")
      _ = try rig.query("PRAGMA busy_timeout = 0")
      let other = try Database(path: rig.settings.ledger.path, access: .readWrite)
      try other.execute("BEGIN IMMEDIATE")
      #expect(throws: LedgerError.self) { try rig.step() }
      try other.execute("ROLLBACK")
      try rig.run()
    }
    #expect(gauges(.providerHealth) == ["provider=openai": "0"])
    #expect(try events().count == 3)
    #expect(try rig.query("SELECT sum(failures) FROM health_evidence WHERE scope = 0") == 15)
  }

  @Test func linesThatComeLateChangeNothing() throws {
    try traffic("openai", seconds: 60, late: .seconds(20))
    try traffic("openai", "overloaded", seconds: 16, late: .seconds(20))
    #expect(gauges(.providerHealth) == ["provider=openai": "0"])
    try traffic("openai", seconds: 16, late: .seconds(20))
    #expect(gauges(.providerHealth) == ["provider=openai": "1"])
  }

  @Test func aBacklogIsNoNews() throws {
    // Six hours ago it was down, an hour ago it was well, and the log was not read since.
    for (ago, reason) in [(360, "timeout"), (60, nil)] as [(Int64, String?)] {
      for second in 0..<40 {
        rig.scratch.append(
          line("openai", reason, late: .minutes(ago) - .seconds(Int64(second)), id: second),
          to: "a.jsonl")
      }
    }
    rig.budget = 2000
    try rig.run()
    #expect(try events() == [])
    #expect(gauges(.providerState)["provider=openai,state=unknown"] == "1")
    // What ended within the last minutes is news.
    for second in 0..<20 {
      rig.scratch.append(
        line("openai", "timeout", late: .seconds(Int64(40 - second)), id: 100 + second),
        to: "a.jsonl")
    }
    rig.clock.advance(.seconds(1))
    try rig.run()
    #expect(gauges(.providerHealth) == ["provider=openai": "0"])
    #expect(try events().count == 1)
  }

  @Test func importsAreNoNews() throws {
    try rig.start()
    rig.scratch.append(line("openai", "timeout", late: .days(30), id: 1), to: "a.jsonl")
    try rig.run()
    #expect(gauges(.providerState)["provider=openai,state=unknown"] == "1")
  }

  @Test func whatProbesFindIsKnownBeforeTheFirstRequest() throws {
    try rig.start()
    var view = ProxyView()
    view.deployments = [
      .init(id: "d1", route: "claude", provider: "anthropic", model: "claude-x"),
      .init(id: "d2", route: "gpt", provider: "openai", model: "gpt-x"),
    ]
    rig.pipeline?.proxy = view
    try rig.run()
    #expect(gauges(.providerHealth) == [:])
    #expect(gauges(.providerState)["provider=anthropic,state=unknown"] == "1")
    view.checks = [
      .init(deployment: "d1", provider: "anthropic", isUp: true),
      .init(deployment: "d2", provider: "openai", isUp: false),
    ]
    view.checkedAt = rig.clock.now
    rig.clock.advance(.seconds(1))
    rig.pipeline?.proxy = view
    try rig.run()
    #expect(
      gauges(.providerHealth) == ["provider=anthropic": "1", "provider=openai": "0"])
    #expect(
      gauges(.deploymentHealth) == [
        "deployment=d1,route=claude,provider=anthropic,model=claude-x": "1",
        "deployment=d2,route=gpt,provider=openai,model=gpt-x": "0",
      ])
    // Traffic knows better.
    try traffic("openai", seconds: 6)
    #expect(gauges(.providerHealth)["provider=openai"] == "1")
  }

  @Test func scoresAndFallbackRatiosAreOfNow() throws {
    try traffic("openai", seconds: 5)
    // .7·0 + .2·.95 + .1·.5, and so on.
    #expect(
      gauges(.providerScore) == [
        "provider=openai,model=gpt-4o,power_level=eco": "0.24",
        "provider=openai,model=gpt-4o,power_level=balanced": "0.84",
        "provider=openai,model=gpt-4o,power_level=precision": "0.6839999999999999",
      ])
    #expect(gauges(.routeFallbackRatio) == ["route=gpt-4o": "0"])
    rig.clock.advance(.minutes(2))
    #expect(gauges(.providerScore) == [:])
  }
}
