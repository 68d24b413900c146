import HTTP
import Metrics
import Support
import TestSupport
import Testing

@testable import Health

/// The loop against servers that answer badly.
@Suite struct ProxyProbeTests {
  private let clock = ManualClock()

  private func captured(_ name: String) -> ScriptedServer.Step {
    ScriptedServer.answer(200, TestData.text(at: TestData.path("proxy/\(name).json")))
  }

  private func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Step {
    switch request.path {
    case "/health/liveliness": captured("liveliness")
    case "/health/readiness": captured("readiness")
    case _ where request.headers["authorization"] != "Bearer sk-key": ScriptedServer.answer(401)
    case "/health/readiness/details": captured("details")
    case "/v1/model/info": captured("model_info")
    case "/health": captured("health_ill")
    default: ScriptedServer.answer(404)
    }
  }

  private func probe(
    _ server: ScriptedServer, mode: ProxyOptions.Mode = .basic, key: String? = "sk-key",
    previous: ProxyView = ProxyView(), onChange: @escaping @Sendable (ProxyView) -> Void = { _ in }
  ) throws -> ProxyProbe {
    var options = ProxyOptions()
    options.url = try ClientURL(server.origin)
    options.apiKey = key
    options.timeout = .milliseconds(300)
    return ProxyProbe(
      options, mode: mode, client: try #require(HTTPClient()), clock: clock.clock,
      previous: previous, onChange: onChange)
  }

  private func text(_ probe: ProxyProbe) -> [String] {
    let registry = Registry()
    registry.addCollector { probe.collect(into: &$0) }
    return String(decoding: registry.render(.text, now: clock.now), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }

  @Test func everythingThatIsFree() async throws {
    let server = ScriptedServer { [self.answer($0)] }
    let probe = try probe(server)
    #expect(await probe.askOnce() == [])
    let view = probe.view
    #expect(view.isUp == true)
    #expect(view.version == "1.106.2")
    #expect(view.deployments.count == 10)
    #expect(view.providers == ["anthropic", "azure", "gemini", "groq", "openai", "openrouter"])
    #expect(view.listedAt == clock.now)
    #expect(view.checks.isEmpty)
    #expect(!server.requests.contains { $0.path == "/health" })
    let series = text(probe)
    #expect(series.prefix(2) == ["llm_proxy_up 1", "llm_proxy_info{version=\"1.106.2\"} 1"])
    #expect(
      series.dropFirst(2).map { $0.prefix { $0 != " " } }
        == [
          "details", "liveliness", "models", "readiness",
        ].map { "llm_proxy_probe_duration_seconds{probe=\"\($0)\"}" })
  }

  @Test func theProxysOwnHealthCheck() async throws {
    let server = ScriptedServer { [self.answer($0)] }
    let probe = try probe(server, mode: .cached)
    #expect(await probe.askOnce() == [])
    let verdicts = probe.view.providers.map { probe.view.verdict(on: $0)?.verdict }
    #expect(verdicts == [.allDown, .allDown, .allUp, .allDown, .allUp, .allUp])
  }

  @Test func withoutAKeyItSaysSo() async throws {
    let server = ScriptedServer { [self.answer($0)] }
    let probe = try probe(server, key: nil)
    #expect(
      await probe.askOnce() == [
        "/health/readiness/details answers 401: the key is missing or not accepted",
        "/v1/model/info answers 401: the key is missing or not accepted",
      ])
    #expect(probe.view.isUp == true)
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil })
  }

  private static let bad: [([ScriptedServer.Step], String)] = [
    ([.hang], "is not answered: no answer within 0.3 s"),
    ([.close], "is not answered: the connection ended without an answer"),
    ([.reset], "is not answered: the connection ended before the answer did"),
    (
      [ScriptedServer.send("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"), .hang],
      "is not answered: the answer was not complete within 0.3 s"
    ),
    (
      [ScriptedServer.send("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"), .close],
      "is not answered: the connection ended before the answer did"
    ),
    (
      [
        ScriptedServer.send("HTTP/1.1 200 OK\r\n\r\n"),
        .flood([UInt8](repeating: 32, count: 65_536), times: 9),
      ],
      "is not answered: its answer has more than 262144 bytes"
    ),
    (
      [ScriptedServer.send("garbage\r\n\r\n"), .close],
      "is not answered: what answered does not speak HTTP"
    ),
    (
      [ScriptedServer.answer(302, headers: ["Location: /login"])],
      "answers 302, and redirects are not followed"
    ),
    ([ScriptedServer.answer(503)], "answers 503"),
    ([ScriptedServer.answer(200, "[]")], "answers with something that LiteLLM does not send"),
  ]

  @Test(arguments: bad)
  func whateverComesItIsDownAndTheRestIsKept(
    steps: [ScriptedServer.Step], problem: String
  ) async throws {
    let server = ScriptedServer { request in
      switch request.path {
      case "/health/liveliness": [self.answer(request)]
      case "/health/readiness": steps
      default: [ScriptedServer.answer(404)]
      }
    }
    var known = ProxyView()
    known.version = "1.0"
    known.deployments = [.init(id: "a", route: "b", provider: "c", model: "d")]
    let probe = try probe(server, previous: known)
    let problems = await probe.askOnce()
    #expect(problems.first == "/health/readiness \(problem)")
    #expect(probe.view.isUp == false)
    #expect(probe.view.version == "1.0")
    #expect(probe.view.deployments == known.deployments)
  }

  @Test func aServerThatIsNotThere() async throws {
    let server = ScriptedServer { _ in [] }
    let probe = try probe(server)
    server.stop()
    #expect(
      await probe.askOnce()
        == ["/health/liveliness", "/health/readiness"].map {
          "\($0) is not answered: the connection was refused"
        })
    #expect(probe.view.isUp == false)
  }

  @Test func theLoopAsksUntilCancelled() async throws {
    let server = ScriptedServer { [self.answer($0)] }
    let (changes, report) = AsyncStream<ProxyView>.makeStream()
    let probe = try probe(server) { report.yield($0) }
    let task = Task { await probe.run() }
    for await view in changes where view.version != nil && !view.deployments.isEmpty { break }
    task.cancel()
    await task.value
    #expect(probe.view.isUp == true)
    #expect(server.requests.count == 4)
  }

  @Test func cancellingEndsWhatIsUnderWay() async throws {
    let server = ScriptedServer { _ in [.hang] }
    var options = ProxyOptions()
    options.url = try ClientURL(server.origin)
    options.timeout = .hours(1)
    let probe = ProxyProbe(
      options, mode: .basic, client: try #require(HTTPClient()), clock: clock.clock)
    let task = Task { await probe.run() }
    while server.requests.count < 2 { await Task.yield() }
    task.cancel()
    await task.value
    // A stop is no failure of the proxy.
    #expect(probe.view == ProxyView())
  }
}
