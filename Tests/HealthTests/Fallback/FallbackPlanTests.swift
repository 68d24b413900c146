import Metrics
import Support
import Testing

@testable import Health
@testable import Record

@Suite struct FallbackPlanTests {
  typealias Chain = ProxyDeclaration.Chain

  /// `route=provider/model`, `+` for free, `-` for paid.
  private func deployments(_ text: String) -> [ProxyView.Deployment] {
    text.split(separator: " ").map { entry in
      let sides = entry.split(separator: "=").map(String.init)
      let isFree: Bool? = sides[1].hasSuffix("+") ? true : sides[1].hasSuffix("-") ? false : nil
      let name = isFree == nil ? sides[1] : String(sides[1].dropLast())
      let model = LiteLLMModel(name: name)
      return .init(
        id: "id-\(sides[0])", route: sides[0], provider: model.provider, model: model.model,
        isFree: isFree)
    }
  }

  private func declaration(_ models: String, _ chains: [Chain]) -> ProxyDeclaration {
    var result = ProxyDeclaration()
    result.deployments = deployments(models)
    result.chains = chains
    return result
  }

  private func findings(_ models: String, _ chains: Chain..., prices: PriceBook? = nil) -> [String]
  {
    FallbackPlan(declaration(models, chains), prices: prices).findings
      .map { "\($0.route) \($0.problem.rawValue): \($0.text)" }
  }

  private func declared(_ plan: FallbackPlan) -> [String] {
    plan.declared.map { "\($0.route): \($0.targets.joined(separator: ", "))" }
  }

  @Test func goodChainsHaveNoProblem() {
    let models = "a=openai/m a=azure/m b=azure/n c=groq/o"
    #expect(findings(models, Chain(.any, "a", ["b"]), Chain(.any, "b", ["c"])) == [])
    // A larger context of the same provider is what such a chain is for.
    #expect(findings("a=openai/m b=openai/n", Chain(.contextWindow, "a", ["b"])) == [])
    #expect(findings("a=openai/m b=openai/n", Chain(.contentPolicy, "a", ["b"])) == [])
  }

  @Test func missingRoutes() {
    #expect(
      findings("a=openai/m", Chain(.any, "a", ["b"]), Chain(.any, "c", ["a"])) == [
        "a missing_route: the fallback of \"a\" leads to \"b\", which is no route",
        "c missing_route: the fallback of \"c\" never begins: \"c\" is no route",
      ])
    #expect(
      findings("a=openai/m", Chain(.contextWindow, "a", ["b\u{1b}[31m"])) == [
        "a missing_route: the context window fallback of \"a\" leads to \"b\\u{1b}[31m\","
          + " which is no route"
      ])
  }

  /// LiteLLM finds all of these.
  @Test(arguments: ["id-a", "openai/m", "alias", "groq/anything", "b"])
  func otherNamesForWhatIsThere(target: String) {
    var declaration = declaration(
      "a=openai/m b=azure/n groq/*=groq/*", [Chain(.any, "b", [target, "a"])])
    declaration.aliases = ["alias": "a"]
    #expect(FallbackPlan(declaration).findings == [])
  }

  @Test func chainsOfRoutesBehindAPrefix() {
    #expect(findings("openai/a=openai/a b=azure/n", Chain(.any, "a", ["b"])) == [])
    #expect(findings("openai/*=openai/* b=azure/n", Chain(.any, "a", ["b"])) == [])
  }

  @Test func nothingIsMissingWhereNothingIsKnown() {
    #expect(findings("", Chain(.any, "a", ["b"]), Chain(.any, "*", ["c"])) == [])
    let plan = FallbackPlan(declaration("", [Chain(.any, "a", ["b"]), Chain(.any, "*", ["c"])]))
    #expect(declared(plan) == ["*: c", "a: b"])
  }

  @Test func theSameProviderOnly() {
    #expect(
      findings("a=openai/m b=openai/n c=openai/o", Chain(.any, "a", ["b", "c"])) == [
        "a same_provider: the fallback of \"a\" stays with openai, so that it fails when the"
          + " provider does"
      ])
    #expect(findings("a=openai/m b=openai/n c=azure/o", Chain(.any, "a", ["b", "c"])) == [])
    #expect(findings("a=openai/m a=azure/m b=openai/n", Chain(.any, "a", ["b"])) == [])
    #expect(findings("a=openai/m b=openai/n b=azure/n", Chain(.any, "a", ["b"])) == [])
    // Whose provider cannot be told is not accused.
    #expect(findings("a=m b=n", Chain(.any, "a", ["b"])) == [])
  }

  @Test func fromFreeToPaid() {
    let free = "a=openrouter/m+ b=groq/n- c=azure/o"
    #expect(
      findings(free, Chain(.any, "a", ["c", "b"])) == [
        "a free_to_paid: the fallback of \"a\" leads from a free model to \"b\", which is not"
      ])
    #expect(findings(free, Chain(.any, "a", ["c"])) == [])
    #expect(findings(free, Chain(.any, "b", ["a"])) == [])
    #expect(findings("a=openrouter/m+ a=azure/m- b=groq/n-", Chain(.any, "a", ["b"])) == [])
    let prices = PriceBook(prices: [
      "o": ModelPrice(input: 1, output: 0), "openrouter/m": .free, "n": .free,
    ])
    #expect(
      findings("a=openrouter/m b=groq/n c=azure/o", Chain(.any, "a", ["b", "c"]), prices: prices)
        == ["a free_to_paid: the fallback of \"a\" leads from a free model to \"c\", which is not"])
  }

  @Test func endingsThatAreUnhealthyNow() {
    let plan = FallbackPlan(
      declaration(
        "a=openai/m b=azure/n c=groq/o c=azure/o",
        [Chain(.any, "a", ["b", "c"]), Chain(.any, "b", ["a"]), Chain(.contextWindow, "c", ["b"])]))
    func endings(_ unhealthy: Set<String>) -> [String] {
      plan.endings { unhealthy.contains($0) }.map { "\($0.problem.rawValue) \($0.text)" }
    }
    #expect(endings([]) == [])
    #expect(endings(["groq"]) == [])
    #expect(
      endings(["groq", "azure"]) == [
        "ends_unhealthy the fallback of \"a\" ends on \"c\", where azure, groq is unhealthy now",
        "ends_unhealthy the context window fallback of \"c\" ends on \"b\", where azure is"
          + " unhealthy now",
      ])
    #expect(
      endings(["openai"]) == [
        "ends_unhealthy the fallback of \"b\" ends on \"a\", where openai is unhealthy now"
      ])
  }

  @Test func theDefaultChainIsThatOfEveryRouteWithout() {
    let plan = FallbackPlan(
      declaration(
        "a=openai/m b=azure/n c=groq/o",
        [Chain(.any, "a", ["b"]), Chain(.any, "a", ["c"]), Chain(.any, "*", ["c", "a"])]))
    #expect(declared(plan) == ["a: b", "b: c, a", "c: a"])
  }

  @Test func theRunningProxyIsBelievedBeforeTheFile() {
    let declaration = declaration("a=gpt-x b=gpt-y", [Chain(.any, "a", ["b", "d"])])
    let listed = deployments("a=openai/x b=openai/y d=openai/z")
    #expect(FallbackPlan(declaration).findings.map(\.problem) == [.missingRoute])
    #expect(FallbackPlan(declaration, listed: listed).findings.map(\.problem) == [.sameProvider])
  }

  @Test func metrics() {
    let plan = FallbackPlan(
      declaration(
        "a=openai/m b=openai/n",
        [
          Chain(.any, "a", ["b", "a"]), Chain(.contextWindow, "a", ["x"]),
          Chain(.contentPolicy, "a", ["x"]),
        ]))
    let registry = Registry()
    registry.addCollector { plan.collect(plan.endings { _ in true }, into: &$0) }
    let lines = String(
      decoding: registry.render(.text, now: Timestamp(microseconds: 0)), as: UTF8.self
    )
    .split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(
      lines == [
        #"llm_fallback_route_info{route="a",position="1",target="b"} 1"#,
        #"llm_fallback_route_info{route="a",position="2",target="a"} 1"#,
        #"llm_fallback_chain_problem{route="a",problem="ends_unhealthy"} 1"#,
        #"llm_fallback_chain_problem{route="a",problem="missing_route"} 1"#,
        #"llm_fallback_chain_problem{route="a",problem="same_provider"} 1"#,
      ])
  }

  @Test func tooMuchIsCut() {
    let models = (0..<3000).map { "r\($0)=openai/m" }.joined(separator: " ")
    let targets = (0..<50).map { "r\($0)" }
    let plan = FallbackPlan(declaration(models, [Chain(.any, "*", targets)]))
    #expect(plan.declared.count == 2000)
    #expect(plan.declared.allSatisfy { $0.targets.count == 20 })
  }

  @Test(arguments: [
    ("openai/gpt", "openai/*", true), ("openai/", "openai/*", true),
    ("azure/gpt", "openai/*", false),
    ("anything", "*", true), ("a-x-b", "a*x*b", true), ("ab", "a*x*b", false),
    ("ab", "ab*ab", false), ("name", "name", true), ("name", "nam", false), ("a.b", "a?b", false),
  ])
  func patterns(name: String, pattern: String, matches: Bool) {
    #expect(RouteTable.matches(name, pattern) == matches)
  }
}
