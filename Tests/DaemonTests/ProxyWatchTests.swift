import HTTP
import Health
import Metrics
import Support
import TestSupport
import Testing

@testable import Daemon

@Suite struct ProxyWatchTests {
  private let scratch = Scratch()
  private let clock = ManualClock()
  private let named = Locked<[[String]]>([])

  private let file = """
    model_list:
      - {model_name: a, litellm_params: {model: openai/m}}
      - {model_name: b, litellm_params: {model: openai/n}}
      - {model_name: "x/*", litellm_params: {model: "x/*"}}
    router_settings:
      fallbacks: [{a: [b]}]
      model_group_alias: {short: a}
    """

  private func watch() -> ProxyWatch {
    ProxyWatch(clock: clock.clock) { [named] view in named.withLock { $0.append(view.routes) } }
  }

  private func series(_ watch: ProxyWatch, unhealthy: Set<String> = []) -> [String] {
    let registry = Registry()
    registry.addCollector { watch.collect(unhealthy: unhealthy, into: &$0) }
    return String(decoding: registry.render(.text, now: clock.now), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.contains("_duration_") }
      .map(String.init)
  }

  private func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Step {
    let name =
      switch request.path {
      case "/health/liveliness": "liveliness"
      case "/health/readiness": "readiness"
      case "/v1/model/info": "model_info"
      case "/health": "health_ill"
      default: "details"
      }
    return ScriptedServer.answer(200, TestData.text(at: TestData.path("proxy/\(name).json")))
  }

  /// Waits for what comes from other threads; long, since other tests may hold all those that tasks
  /// run on.
  private func until(_ condition: () -> Bool) async -> Bool {
    let deadline = WallClock.monotonic.now() + .minutes(5)
    while WallClock.monotonic.now() < deadline {
      if condition() { return true }
      await Task.yield()
    }
    return false
  }

  @Test func nothingIsToldOfAProxyThatIsNotConfigured() {
    let watch = watch()
    watch.apply(ProxyOptions(), prices: nil)
    #expect(series(watch) == [])
    #expect(named.withLock { $0 } == [[]])
    watch.stop()
  }

  @Test func theFileAlone() {
    var options = ProxyOptions()
    options.config = scratch.write(file, to: "litellm.yaml")
    let watch = watch()
    watch.apply(options, prices: nil)
    #expect(
      series(watch) == [
        #"llm_fallback_route_info{route="a",position="1",target="b"} 1"#,
        #"llm_fallback_chain_problem{route="a",problem="same_provider"} 1"#,
      ])
    #expect(named.withLock { $0 } == [["a", "b", "short"]])
    #expect(series(watch, unhealthy: ["openai"]).contains { $0.contains("ends_unhealthy") })

    // A file that cannot be read now is no reason to forget it.
    scratch.write("[", to: "litellm.yaml")
    watch.apply(options, prices: nil)
    #expect(named.withLock { $0.last } == ["a", "b", "short"])
    scratch.write("model_list: []", to: "litellm.yaml")
    watch.apply(options, prices: nil)
    #expect(series(watch) == [])
    watch.stop()
  }

  @Test func theRunningProxy() async throws {
    let server = ScriptedServer { [self.answer($0)] }
    var options = ProxyOptions()
    options.url = try ClientURL(server.origin)
    options.config = scratch.write(
      file + "\ngeneral_settings: {background_health_checks: true}", to: "litellm.yaml")
    options.probe = .cached
    let watch = watch()
    watch.apply(options, prices: nil)
    #expect(await until { watch.view.checkedAt != nil && !watch.view.deployments.isEmpty })
    #expect(
      series(watch).prefix(2) == ["llm_proxy_up 1", "llm_proxy_info{version=\"1.106.2\"} 1"]
        || watch.view.version == nil)
    #expect(
      await until {
        named.withLock { $0.last } == [
          "a", "b", "claude-sonnet", "embed-small", "gemini-flash", "gemini-pro", "gpt-4o",
          "gpt-4o-mini", "groq-llama", "llama-free", "private", "short",
        ]
      })
    #expect(watch.view.verdict(on: "anthropic")?.verdict == .allDown)

    // The same options go on with the same probe; what is known is known to the next one.
    let asked = server.requests.count
    watch.apply(options, prices: nil)
    options.probe = .basic
    options.interval = .hours(1)
    watch.apply(options, prices: nil)
    #expect(watch.view.deployments.count == 10)
    #expect(await until { server.requests.count > asked })
    options.probe = .off
    watch.apply(options, prices: nil)
    #expect(watch.view.deployments.isEmpty)
    watch.stop()
    options.probe = .basic
    watch.apply(options, prices: nil)
    #expect(watch.view.askedAt == nil)
  }

  /// Whatever the file says, nothing is billed unless asked for.
  @Test func cachedWithoutChecksInTheBackgroundIsBasic() async throws {
    let server = ScriptedServer { [self.answer($0)] }
    var options = ProxyOptions()
    options.url = try ClientURL(server.origin)
    options.config = scratch.write(file, to: "litellm.yaml")
    options.probe = .cached
    let watch = watch()
    watch.apply(options, prices: nil)
    #expect(await until { watch.view.listedAt != nil && watch.view.version != nil })
    watch.stop()
    #expect(!server.requests.contains { $0.path == "/health" })
  }

  @Test func stoppingDoesNotWaitForAProxyThatHangs() async throws {
    let server = ScriptedServer { _ in [.hang] }
    var options = ProxyOptions()
    options.url = try ClientURL(server.origin)
    options.timeout = .minutes(1)
    let watch = watch()
    watch.apply(options, prices: nil)
    #expect(await until { server.requests.count == 2 })
    let begun = WallClock.monotonic.now()
    watch.stop()
    #expect(WallClock.monotonic.now() - begun < .seconds(2))
  }
}
