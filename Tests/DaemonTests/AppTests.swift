import Config
import Ledger
import Source
import Support
import TestSupport
import Testing

@testable import Daemon

/// The whole sidecar with real threads and sockets, on a port of the system's choice.
@Suite struct AppTests {
  private let scratch = Scratch()
  private let clock = ManualClock()

  private var configuration: Configuration {
    var configuration = Configuration(instance: "test")
    configuration.web.port = 0
    configuration.ledger.path = scratch.file("ledger.db")
    configuration.sources = [SourceOptions(input: .files(glob: scratch.file("*.jsonl")))]
    return configuration
  }

  private func start(_ configuration: Configuration? = nil) throws -> App {
    let configuration = configuration ?? self.configuration
    return try App(configuration: configuration, clock: clock.clock, version: "9.9.9") {
      () throws(ConfigError) in configuration
    }
  }

  private func line(_ id: String) -> String {
    """
    {"kind":"request","id":"\(id)","start":1795262398,"end":1795262399,"outcome":"success",\
    "provider":"openai","model":"gpt-4o","attempts":1,"tokens":{"input":10,"output":5},\
    "cost_usd":0.25}

    """
  }

  private func get(_ path: String, _ app: App) throws -> RawHTTP.Response {
    try RawHTTP(port: app.port).get(path)
  }

  /// Asks until the answer contains `text`, for at most ten seconds.
  private func await(_ text: String, at path: String, of app: App) throws -> String {
    let deadline = WallClock.monotonic.now() + .seconds(10)
    var answer = ""
    while WallClock.monotonic.now() < deadline {
      answer = try get(path, app).text
      if answer.contains(text) { return answer }
      // The second in which a scrape was made is shown from memory.
      clock.advance(.seconds(1))
    }
    Issue.record("never saw \(text) in\n\(answer)")
    return answer
  }

  @Test func whatIsWrittenIsServedAndOutlivesARestart() throws {
    scratch.write(line("a"), to: "proxy.jsonl")
    let requests =
      "llm_requests_total{provider=\"openai\",model=\"gpt-4o\",power_level=\"none\","
      + "status=\"success\"}"
    do {
      let app = try start()
      let text = try self.await("\(requests) 1\n", at: "/metrics", of: app)
      #expect(text.contains("sidelight_build_info{version=\"9.9.9\"} 1\n"))
      #expect(text.contains("sidelight_config_last_reload_successful 1\n"))
      #expect(text.contains("sidelight_source_up{source=\"\(scratch.file("*.jsonl"))\"} 1\n"))
      #expect(try get("/-/ready", app).status == 200)
      #expect(try get("/-/healthy", app).status == 200)
      scratch.append(line("b"), to: "proxy.jsonl")
      _ = try self.await("\(requests) 2\n", at: "/metrics", of: app)
      scratch.append(line("c"), to: "proxy.jsonl")
      // What is written when it is told to stop is still read.
      app.stop()
    }
    let app = try start()
    #expect(try get("/metrics", app).text.contains("\(requests) 3\n"))
    app.stop()
  }

  @Test func twoCannotShareALedger() throws {
    let app = try start()
    let error = #expect(throws: AppError.self) { try start() }
    #expect(
      error?.description
        == "the ledger \(scratch.file("ledger.db")) is in use by another sidelight; stop that one,"
        + " or set ledger.url")
    app.stop()
  }

  @Test func aReloadOverHTTPKeepsCounting() throws {
    scratch.write(line("a"), to: "proxy.jsonl")
    let app = try start()
    _ = try self.await("status=\"success\"} 1\n", at: "/metrics", of: app)
    let reload = try RawHTTP(port: app.port).get(
      "/-/reload", method: "POST", headers: ["Content-Length: 0"])
    #expect(reload.status == 200 && reload.text == "configuration reloaded\n")
    scratch.append(line("b"), to: "proxy.jsonl")
    _ = try self.await("status=\"success\"} 2\n", at: "/metrics", of: app)
    let events = try self.await(
      #""kind":"reload""#, at: "/api/v1/events?kind=start,reload", of: app)
    #expect(events.contains(#""kind":"start","subject":"test","detail":{"version":"9.9.9"}}"#))
    #expect(events.contains(#""kind":"reload","subject":"test","detail":{"result":"applied""#))
    app.stop()
  }

  @Test func aTakenPortIsNamed() throws {
    let app = try start()
    var other = configuration
    other.ledger.path = scratch.file("other.db")
    other.web.port = app.port
    let error = #expect(throws: AppError.self) { try start(other) }
    #expect(error?.description.contains("\(app.port)") == true)
    app.stop()
  }

  @Test func aMissingPriceListStopsTheStart() {
    var broken = configuration
    broken.pricesFile = scratch.file("none.json")
    let error = #expect(throws: AppError.self) { try start(broken) }
    #expect(
      error?.description
        == "cannot read the price list \(scratch.file("none.json")): No such file or directory")
  }
}
