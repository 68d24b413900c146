import Budget
import Config
import HTTP
import Ledger
import Metrics
import Source
import Support
import Tally
import TestSupport
import Testing

@testable import Daemon

@Suite struct RoutesTests {
  private let readiness = Readiness()
  private let clock = ManualClock()

  private func answer(
    _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], reloads: Bool = true
  ) -> HTTPResponse {
    router(reloads: reloads).respond(to: HTTPRequest(method, path, headers: headers))
      ?? .error(500, "no_answer", "the answer comes later")
  }

  private func router(reloads: Bool = true) -> Router {
    let reloader = Reloader(
      current: Configuration(instance: "x"), clock: clock.clock,
      load: { () throws(ConfigError) in Configuration(instance: "x") },
      apply: { _, _ in reloads ? nil : "because" })
    let routes = Routes(
      registry: Registry(), readiness: readiness, reloader: reloader, clock: clock.clock,
      version: "1.2.3", push: PushRoute(queue: PushQueue()),
      budgets: BudgetBoard(),
      api: API(
        ledgerPath: "/nowhere", live: Locked(Publisher.Live()), budgets: BudgetBoard(),
        clock: clock.clock,
        configuration: { reloader.current }, about: .nothing))
    return routes.router
  }

  @Test func theDescriptionHasEveryPathAndMethod() throws {
    var described: [String: Set<String>] = [:]
    var path: String?
    let lines = try Repository.text("deploy/openapi.yaml").split(separator: "\n")
    for line in lines.drop(while: { $0 != "paths:" }).prefix(while: { $0 != "components:" }) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      if line.hasPrefix("  /") { path = String(line[..<colon].dropFirst(2)) }
      let name = line[..<colon].dropFirst(4)
      guard let path, line.hasPrefix("    "), name.allSatisfy(\.isLowercase),
        name != "parameters"
      else { continue }
      described[path, default: []].insert(name.uppercased())
    }
    let known = router().patterns.mapValues { Set($0.map(\.rawValue)) }
    #expect(described == known)
    // Parameters of the questions about usage: the ones in code, and in the description.
    let text = lines.joined(separator: "\n")
    for name in UsageRequest.known(ExtraLabels(LabelOptions())) {
      #expect(text.contains("name: \(name)"), "\(name)")
    }
    for code in UsageNote.Code.allCases { #expect(text.contains(code.rawValue)) }
    for kind in LedgerEvent.Kind.allCases { #expect(text.contains("- \(kind.rawValue)")) }
  }

  @Test func healthIsAlwaysGood() {
    #expect(answer(.get, "/-/healthy") == .text("Sidelight is healthy.\n"))
  }

  @Test func readinessWaitsForTheFirstPass() {
    #expect(
      answer(.get, "/-/ready")
        == .error(503, "not_ready", "the sources are not being read yet"))
    readiness.isReady = true
    #expect(answer(.get, "/-/ready") == .text("Sidelight is ready.\n"))
  }

  @Test func aReloadIsAPost() {
    #expect(answer(.get, "/-/reload").status == 405)
    #expect(answer(.post, "/-/reload") == .text("configuration reloaded\n"))
    #expect(
      answer(.post, "/-/reload", reloads: false)
        == .error(500, "not_reloaded", "configuration not reloaded: because"))
  }

  @Test func metricsAreNegotiated() {
    let plain = answer(.get, "/metrics")
    #expect(plain.status == 200)
    #expect(plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(plain.headers["Content-Encoding"] == nil)
    #expect(plain.headers["Vary"] == "Accept, Accept-Encoding")
    let packed = answer(
      .get, "/metrics",
      headers: ["Accept": "application/openmetrics-text;version=1.0.0", "Accept-Encoding": "gzip"])
    #expect(
      packed.headers["Content-Type"]
        == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    #expect(packed.headers["Content-Encoding"] == "gzip")
    #expect(packed.body.starts(with: [0x1F, 0x8B]))
  }

  @Test func thePageAndItsFiles() {
    let page = answer(.get, "/")
    #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
    #expect(page.headers["Content-Security-Policy"] != nil)
    #expect(answer(.get, "/page/main.js").status == 200)
    #expect(answer(.get, "/nothing").status == 404)
  }
}
