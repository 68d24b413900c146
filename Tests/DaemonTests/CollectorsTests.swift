import Metrics
import Support
import TestSupport
import Testing

@testable import Daemon

@Suite struct CollectorsTests {
  private let rig = Rig()

  private func gauges(_ prefix: String) throws -> [String] {
    let live = try #require(rig.publisher?.live)
    let registry = Registry()
    registry.addCollector { samples in
      let live = live.withLock { $0 }
      Collectors.collectRecent(live, into: &samples)
      Collectors.collectRateLimits(live, into: &samples)
      Collectors.collectSources(live, into: &samples)
    }
    return String(decoding: registry.render(.text, now: rig.clock.now), as: UTF8.self)
      .replacing(rig.scratch.file("*.jsonl"), with: "LOG")
      .split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
  }

  private func line(_ id: String, seconds: Int, _ rest: String) -> String {
    """
    {"kind":"request","id":"\(id)","start":\(1_795_262_400 - seconds),\
    "end":\(1_795_262_400 - seconds),"outcome":"success","provider":"openai","model":"gpt-4o",\
    "attempts":1\(rest)}

    """
  }

  @Test func rateLimitsAreShownForTwoMinutes() throws {
    rig.scratch.write(
      line("a", seconds: 30, ",\"rate_limit\":{\"remaining_requests\":5,\"limit_tokens\":900}")
        + line("b", seconds: 40, ",\"rate_limit\":{\"remaining_requests\":9}"), to: "a.jsonl")
    try rig.run()
    let labels = "provider=\"openai\",model=\"gpt-4o\""
    #expect(
      try gauges("llm_rate_limit_") == [
        "llm_rate_limit_remaining{\(labels),kind=\"requests\"} 5",
        "llm_rate_limit_limit{\(labels),kind=\"tokens\"} 900",
      ])
    rig.clock.advance(.seconds(90))
    #expect(try gauges("llm_rate_limit_").count == 2)
    rig.clock.advance(.seconds(1))
    #expect(try gauges("llm_rate_limit_") == [])
  }

  @Test func aSourceSaysHowFarItIs() throws {
    rig.budget = 100
    rig.scratch.write((0..<9).map { line("\($0)", seconds: 60, "") }.joined(), to: "a.jsonl")
    try rig.start()
    #expect(try rig.step())
    let behind = try gauges("sidelight_source_")
    #expect(behind.contains("sidelight_source_up{source=\"LOG\"} 1"))
    #expect(behind.contains("sidelight_source_lag_seconds{source=\"LOG\"} 60"))
    #expect(!behind.contains("sidelight_source_lag_bytes{source=\"LOG\"} 0"))
    #expect(
      behind.contains(
        "sidelight_source_info{source=\"LOG\",format=\"native\",attempts=\"exact\"} 1"))
    try rig.run()
    let caughtUp = try gauges("sidelight_source_lag")
    #expect(
      caughtUp == [
        "sidelight_source_lag_bytes{source=\"LOG\"} 0",
        "sidelight_source_lag_seconds{source=\"LOG\"} 0",
      ])
  }

  @Test func nothingIsShownBeforeThereIsAnything() throws {
    try rig.start()
    #expect(try gauges("llm_") == [])
  }
}
