import HTTP
import Health
import Support
import TestSupport
import Testing

@testable import Daemon

/// What `sidelight check` says of the proxy.
@Suite struct ProxyCheckTests {
  private let scratch = Scratch()

  private func server(_ changed: [String: ScriptedServer.Step] = [:]) -> ScriptedServer {
    ScriptedServer { request in
      if let step = changed[request.path] { return [step] }
      let name =
        switch request.path {
        case "/health/liveliness": "liveliness"
        case "/health/readiness": "readiness"
        case "/health/readiness/details": "details"
        case "/v1/model/info": "model_info"
        default: "health_ill"
        }
      return [ScriptedServer.answer(200, TestData.text(at: TestData.path("proxy/\(name).json")))]
    }
  }

  private func findings(
    _ server: ScriptedServer?, _ change: (inout ProxyOptions) -> Void = { _ in }
  ) async throws -> [String] {
    var options = ProxyOptions()
    options.url = try server.map { try ClientURL($0.origin) }
    change(&options)
    return await Checker.proxy(options, prices: nil).map { finding in
      "\(finding.verdict.rawValue) \(finding.subject): \(finding.text)"
        .replacing(scratch.path, with: "").replacing(server?.origin ?? "-", with: "URL")
    }
  }

  @Test func notConfigured() async throws {
    #expect(try await findings(nil) == [])
  }

  @Test func whatEachProbeCosts() async throws {
    let server = server()
    let up = "ok proxy URL: LiteLLM 1.106.2, 10 deployments of 6 providers"
    #expect(try await findings(server) == [up, "ok probe: basic, every 15s, costs nothing"])
    #expect(try await findings(server) { $0.probe = .off } == ["ok probe: off: nothing is asked"])
    #expect(
      try await findings(server) { $0.probe = .live } == [
        up, "warning probe: live, every 5m: some 2880 calls a day that are billed",
      ])
    #expect(!server.requests.contains { $0.path == "/health" })
    #expect(
      try await findings(server) { ($0.probe, $0.assumeCached) = (.cached, true) } == [
        up, "ok probe: cached, every 15s, costs nothing beyond the proxy's own checks",
      ])
    #expect(server.requests.contains { $0.path == "/health" })
  }

  @Test func aProxyThatDoesNotAnswer() async throws {
    let server = server()
    server.stop()
    #expect(
      try await findings(server) == [
        "FAILED proxy URL: /health/liveliness is not answered: the connection was refused",
        "ok probe: basic, every 15s, costs nothing",
      ])
  }

  @Test func aKeyThatIsNotAccepted() async throws {
    let refused = ScriptedServer.answer(401)
    let server = server(["/health/readiness/details": refused, "/v1/model/info": refused])
    #expect(
      try await findings(server) { $0.apiKey = "sk-SECRET" }.first
        == "warning proxy URL: up, but /health/readiness/details answers 401: the key is missing or"
        + " not accepted; /v1/model/info answers 401: the key is missing or not accepted")
  }

  @Test func aChainThatEndsWhereNothingWorksNow() async throws {
    let path = scratch.write(
      "litellm_settings: {fallbacks: [{gpt-4o: [groq-llama]}]}", to: "litellm.yaml")
    #expect(
      try await findings(server()) {
        ($0.probe, $0.assumeCached, $0.config) = (.cached, true, path)
      }.last
        == "warning fallbacks: the fallback of \"gpt-4o\" ends on \"groq-llama\", where groq is"
        + " unhealthy now")
  }

  @Test func theProxysConfiguration() async throws {
    let path = scratch.write(
      """
      model_list: [{model_name: a, litellm_params: {model: openai/m}}]
      litellm_settings: {fallbacks: [{a: [b]}]}
      """, to: "litellm.yaml")
    #expect(
      try await findings(nil) { $0.config = path } == [
        "ok proxy configuration: /litellm.yaml, 1 deployment, 1 fallback chain, health checks in"
          + " the background off",
        "ok probe: off: without proxy.url nothing is asked",
        "warning fallbacks: the fallback of \"a\" leads to \"b\", which is no route",
      ])
    #expect(
      try await findings(server()) { ($0.probe, $0.config) = (.cached, path) }[2]
        == "warning probe: basic, every 15s, costs nothing; not cached, for proxy.config does not"
        + " show background_health_checks: true")
    #expect(
      try await findings(nil) { $0.config = "/nowhere.yaml" }.first
        == "FAILED proxy configuration: cannot read /nowhere.yaml: No such file or directory")
  }
}
