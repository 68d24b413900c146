import Support
import Testing

@testable import Health

@Suite struct ProxyViewTests {
  private func view(_ checks: [(String, Bool)]) -> ProxyView {
    var view = ProxyView()
    view.checks = checks.map { ProxyView.Check(deployment: "d", provider: $0.0, isUp: $0.1) }
    view.checkedAt = Timestamp(microseconds: 7)
    return view
  }

  @Test func verdicts() {
    let view = view([
      ("up", true), ("up", true), ("down", false), ("down", false), ("half", true),
      ("half", false),
    ])
    #expect(view.verdict(on: "up")?.verdict == .allUp)
    #expect(view.verdict(on: "down")?.verdict == .allDown)
    #expect(view.verdict(on: "half")?.verdict == .someDown)
    #expect(view.verdict(on: "half")?.at == Timestamp(microseconds: 7))
    #expect(view.verdict(on: "unknown") == nil)
    #expect(ProxyView().verdict(on: "up") == nil)
  }

  @Test func providersAndRoutes() {
    var view = ProxyView()
    for (route, provider) in [
      ("b", "openai"), ("a", "azure"), ("b", "azure"), ("x/*", ""), ("", "z"),
    ] {
      view.deployments.append(.init(id: route, route: route, provider: provider, model: "m"))
    }
    #expect(view.providers == ["azure", "openai", "z"])
    #expect(view.routes == ["a", "b"])
  }
}
