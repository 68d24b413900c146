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
      })
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
    #expect(web.port == Configuration(instance: "one").web.port && web.token == "new")
  }
}
