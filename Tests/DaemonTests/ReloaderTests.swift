import HTTP
import Ledger
import Metrics
import Support
import TestSupport
import Testing

@testable import Config
@testable import Daemon

@Suite struct ReloaderTests {
  /// What the next load gives, what was applied, and what applying answers.
  private struct Stage: Sendable {
    var next: Result<Configuration, ConfigError>
    var applied: [PipelineSettings] = []
    var web: WebOptions?
    var problem: String?
    var events: [LedgerEvent] = []
  }

  private let clock = ManualClock()
  private let stage = Locked(Stage(next: .success(Configuration(instance: "one"))))

  private func reloader(_ current: Configuration = Configuration(instance: "one")) -> Reloader {
    Reloader(
      current: current, clock: clock.clock,
      load: { [stage] () throws(ConfigError) in try stage.withLock { $0.next }.get() },
      tell: { [stage] event in stage.withLock { $0.events.append(event) } },
      apply: { [stage] configuration, settings in
        stage.withLock {
          $0.applied.append(settings)
          $0.web = configuration.web
          return $0.problem
        }
      }, allow: { [stage] web in stage.withLock { $0.web = web } })
  }

  private func gauges(_ reloader: Reloader) -> [String] {
    let registry = Registry()
    registry.addCollector { reloader.collect(into: &$0) }
    return String(decoding: registry.render(.text, now: clock.now), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }

  private static let started = "1795262400"

  @Test func aGoodFileIsApplied() throws {
    let reloader = reloader()
    var next = Configuration(instance: "one")
    next.labels.attribution = [.user]
    let configuration = next
    stage.withLock { $0.next = .success(configuration) }
    clock.advance(.minutes(1))
    #expect(try reloader.reload().get() == "configuration reloaded")
    #expect(stage.withLock { $0.applied.map(\.labels.attribution) } == [[.user]])
    #expect(
      gauges(reloader) == [
        "sidelight_config_last_reload_successful 1",
        "sidelight_config_last_reload_success_timestamp_seconds 1795262460",
      ])
  }

  @Test func aBadFileKeepsTheOld() {
    let reloader = reloader()
    let problem = ConfigProblem(file: "sidelight.yaml", mark: nil, message: "it is bad")
    stage.withLock { $0.next = .failure(ConfigError(problems: [problem])) }
    clock.advance(.minutes(1))
    #expect(
      throws: Reloader.Refusal.self
    ) { try reloader.reload().get() }
    guard case .failure(let refusal) = reloader.reload() else { return }
    #expect(refusal.message == "configuration not reloaded: sidelight.yaml: it is bad")
    #expect(stage.withLock { $0.applied.count } == 0)
    #expect(
      gauges(reloader) == [
        "sidelight_config_last_reload_successful 0",
        "sidelight_config_last_reload_success_timestamp_seconds \(Self.started)",
      ])
    stage.withLock { $0.next = .success(Configuration(instance: "one")) }
    _ = reloader.reload()
    #expect(gauges(reloader).first == "sidelight_config_last_reload_successful 1")
  }

  @Test func whatCannotBeAppliedKeepsTheOld() {
    let reloader = reloader()
    stage.withLock { $0.problem = "the ledger is gone" }
    guard case .failure(let refusal) = reloader.reload() else {
      Issue.record("was reloaded")
      return
    }
    #expect(refusal.message == "configuration not reloaded: the ledger is gone")
    #expect(gauges(reloader).first == "sidelight_config_last_reload_successful 0")
  }

  @Test func whatBecameOfItIsAnEvent() {
    let reloader = reloader()
    _ = reloader.reload()
    clock.advance(.minutes(1))
    stage.withLock { $0.problem = String(repeating: "x", count: 5000) }
    _ = reloader.reload()
    let events = stage.withLock { $0.events }
    #expect(events.map(\.kind) == [.reload, .reload] && events.map(\.subject) == ["one", "one"])
    #expect(events[0].detail == .object(["result": .text("applied"), "message": .text("")]))
    #expect(
      events[1].detail
        == .object([
          "result": .text("refused"), "message": .text(String(repeating: "x", count: 2000)),
        ]))
    #expect(events[1].time == clock.now)
  }

  @Test func aMissingPriceListKeepsTheOld() {
    let reloader = reloader()
    var next = Configuration(instance: "one")
    next.pricesFile = "/nowhere/prices.json"
    let configuration = next
    stage.withLock { $0.next = .success(configuration) }
    guard case .failure(let refusal) = reloader.reload() else {
      Issue.record("was reloaded")
      return
    }
    #expect(
      refusal.message == "configuration not reloaded: cannot read the price list"
        + " /nowhere/prices.json: No such file or directory")
  }

  @Test func whatNeedsARestartIsSaidEachTimeAndNotApplied() throws {
    let reloader = reloader()
    var next = Configuration(instance: "one")
    next.ledger.dedup = .days(30)
    next.ledger.path = "/other/ledger.db"
    next.web.port = 1234
    next.web.token = "new"
    let configuration = next
    stage.withLock { $0.next = .success(configuration) }
    for _ in 0..<2 {
      #expect(
        try reloader.reload().get()
          == "configuration reloaded; restart to change listen, ledger.url, ledger.dedup")
    }
    let ledger = Configuration(instance: "one").ledger
    #expect(stage.withLock { $0.applied.map(\.ledger) } == [ledger, ledger])
    let web = try #require(stage.withLock { $0.web })
    #expect(web.access.tls == nil)
    #expect(web.port == Configuration(instance: "one").web.port && web.token == "new")
  }

  @Test func theWebFileIsReadByItself() throws {
    let scratch = Scratch()
    let hash = "$2y$10$" + String(repeating: "a", count: 53)
    let path = scratch.write("basic_auth_users: {anna: \(hash)}", to: "web.yml")
    var current = Configuration(instance: "one")
    current.web.configFile = path
    let reloader = reloader(current)
    clock.advance(.minutes(1))
    #expect(try reloader.reloadAccess().get() == "\(path) reloaded")
    let users = { stage.withLock { $0.web?.access.users.keys.sorted() } }
    #expect(users() == ["anna"])
    #expect(
      gauges(reloader) == [
        "sidelight_config_last_reload_successful 1",
        "sidelight_config_last_reload_success_timestamp_seconds 1795262460",
      ])
    scratch.write("basic_auth_users: {anna: anna}", to: "web.yml")
    guard case .failure(let refusal) = reloader.reloadAccess() else {
      Issue.record("was reloaded")
      return
    }
    #expect(
      refusal.message.hasPrefix(
        "\(path) not reloaded, the old one holds: \(path):1:26: basic_auth_users.anna: "))
    #expect(users() == ["anna"])
    #expect(gauges(reloader).first == "sidelight_config_last_reload_successful 0")
    scratch.write("basic_auth_users: {bert: \(hash)}", to: "web.yml")
    _ = reloader.reloadAccess()
    #expect(users() == ["bert"])
    #expect(reloader.current.web.access.users.count == 1)
    #expect(gauges(reloader).first == "sidelight_config_last_reload_successful 1")
    #expect(stage.withLock { $0.applied.count } == 0)
  }

  /// Another failure is not forgotten with it.
  @Test func theWebFileDoesNotHideABadConfiguration() {
    let scratch = Scratch()
    var current = Configuration(instance: "one")
    current.web.configFile = scratch.write("", to: "web.yml")
    let reloader = reloader(current)
    let problem = ConfigProblem(file: "sidelight.yaml", mark: nil, message: "it is bad")
    stage.withLock { $0.next = .failure(ConfigError(problems: [problem])) }
    _ = reloader.reload()
    _ = reloader.reloadAccess()
    #expect(gauges(reloader).first == "sidelight_config_last_reload_successful 0")
  }

  @Test func tlsIsTurnedOnByARestartOnly() throws {
    let scratch = Scratch()
    var current = Configuration(instance: "one")
    current.web.configFile = scratch.write(
      """
      tls_server_config:
        cert_file: \(TestData.path("tls/server.pem"))
        key_file: \(TestData.path("tls/server.key"))
      """, to: "web.yml")
    let reloader = reloader(current)
    #expect(
      try reloader.reloadAccess().get()
        == "\(scratch.file("web.yml")) reloaded; restart to change web.config_file (TLS)")
    #expect(stage.withLock { $0.web?.access.tls } == nil)
  }
}
