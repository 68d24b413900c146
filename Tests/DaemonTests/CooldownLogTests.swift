import TestSupport
import Testing

@testable import Daemon

/// Ten payloads around two routes whose deployments cool down.
@Suite struct CooldownLogTests {
  @Test func anAttemptLessFailureIsTheGatewaysFault() throws {
    let rig = Rig()
    let lines = try Captured.lines("cooldown_standard.jsonl")
    rig.scratch.write(lines.joined(separator: "\n") + "\n", to: "proxy.jsonl")
    try rig.run()
    #expect(
      rig.series.counts("llm_requests_total", by: "provider", "model", "status") == [
        "groq|llama-3.3-70b-versatile|failure": 3, "none|none|failure": 3,
        "openai|my-private-llm|success": 1, "openai|gpt-4o|success": 2,
      ])
    #expect(
      rig.series.counts("llm_request_failures_total", by: "provider", "fault", "reason") == [
        "groq|provider|server_error": 3, "none|gateway|no_deployment": 3,
      ])
    #expect(
      rig.series.counts(
        "llm_fallbacks_total", by: "primary_provider", "fallback_provider", "reason")
        == ["anthropic|openai|overloaded": 1])
    #expect(
      rig.series.counts("llm_attempts_total", by: "provider", "result") == [
        "groq|server_error": 3, "anthropic|overloaded": 1, "openai|success": 3,
      ])
    #expect(
      rig.series.counts("llm_unpriced_requests_total", by: "model") == ["my-private-llm": 1])
  }

  @Test func aSkippedRouteIsAFallbackFromNobody() throws {
    let rig = Rig()
    let last = try #require(try Captured.lines("cooldown_standard.jsonl").last)
    let line = last.replacing(
      "\"x-litellm-attempted-fallbacks\":0", with: "\"x-litellm-attempted-fallbacks\":1")
    #expect(line != last)
    rig.scratch.write(line + "\n", to: "proxy.jsonl")
    try rig.run()
    #expect(
      rig.series.counts(
        "llm_fallbacks_total", by: "primary_provider", "fallback_provider", "reason")
        == ["none|openai|no_deployment": 1])
    #expect(
      rig.series.counts("llm_route_fallbacks_total", by: "route", "served_route")
        == ["none|gpt-4o": 1])
    #expect(rig.series.counts("llm_proxy_overhead_seconds_count", by: "provider") == [:])
  }
}
