import Health
import TestSupport
import Testing

@testable import Config

@Suite struct LiteLLMFileTests {
  private let scratch = Scratch()

  private func read(_ text: String) throws -> ProxyDeclaration {
    try LiteLLMFile.read(scratch.write(text, to: "config.yaml"))
  }

  private func problem(_ text: String) -> String {
    do {
      return "read \(try read(text))"
    } catch {
      return "\(error)".replacing(scratch.path, with: "")
    }
  }

  private func chains(_ declaration: ProxyDeclaration) -> [String] {
    declaration.chains.map { "\($0.cause) \($0.route): \($0.targets.joined(separator: ", "))" }
  }

  @Test func theLabsOwn() throws {
    let file = try LiteLLMFile.read(TestData.path("../Lab/config.yaml"))
    #expect(file.deployments.count == 10)
    #expect(
      file.deployments[6]
        == .init(
          id: "llama-free-openrouter", route: "llama-free", provider: "openrouter",
          model: "meta-llama/llama-3.3-70b-instruct:free", isFree: true))
    #expect(file.deployments[7].isFree == false)
    #expect(file.deployments[0].isFree == nil)
    #expect(
      chains(file) == [
        "any claude-sonnet: gpt-4o, gemini-pro", "any gemini-pro: gemini-flash",
        "any llama-free: groq-llama", "any gpt-4o-mini: groq-llama, gemini-flash",
      ])
    #expect(!file.checksInBackground)
    // The lab's own chains have one flaw of each static kind but a missing route.
    #expect(
      FallbackPlan(file).findings.map { "\($0.route) \($0.problem.rawValue)" } == [
        "gemini-pro same_provider", "llama-free free_to_paid",
      ])
  }

  @Test func everyKindOfChain() throws {
    let file = try read(
      """
      model_list: []
      litellm_settings:
        fallbacks: [{ignored: [x]}]
        default_fallbacks: [d]
        context_window_fallbacks: [{a: [big]}]
        content_policy_fallbacks: [{a: [{model: lax, messages: []}, 7, [x], null]}]
      router_settings:
        fallbacks: [{a: [b, c]}, {"*": [e]}, text, 7, {b: c}]
        model_group_alias: {short: long, other: {model: long, hidden: true}, none: 1.5}
      general_settings: {background_health_checks: true}
      """)
    #expect(
      chains(file) == [
        "any a: b, c", "any *: e", "any *: d", "contextWindow a: big", "contentPolicy a: lax, 7",
      ])
    #expect(file.aliases == ["short": "long", "other": "long", "none": "1.5"])
    #expect(file.checksInBackground)
  }

  @Test(arguments: [
    ("true", true), ("yes", true), ("\"true\"", false), ("os.environ/CHECKS", false), ("1", false),
    ("[true]", false), ("", false),
  ])
  func backgroundChecks(value: String, expected: Bool) throws {
    let file = try read("general_settings: {background_health_checks: \(value)}")
    #expect(file.checksInBackground == expected)
  }

  @Test func anchorsAndMergedMappings() throws {
    let file = try read(
      """
      common: &common {model: &name openai/gpt-4o, input_cost_per_token: 0, output_cost_per_token: 0}
      other: &other {model: azure/x, custom_llm_provider: azure}
      model_list:
        - {model_name: a, litellm_params: *common}
        - model_name: b
          litellm_params: {<<: *common, input_cost_per_token: 1e-6}
        - model_name: c
          litellm_params: {<<: [*other, *common]}
        - {model_name: d, litellm_params: {model: *name}}
        - !tagged {model_name: e, litellm_params: {model: first, model: openai/last}}
        - {model_name: f, litellm_params: *unknown}
      """)
    #expect(
      file.deployments.map {
        "\($0.route) \($0.provider)/\($0.model) \($0.isFree.map { "\($0)" } ?? "-")"
      }
        == [
          "a openai/gpt-4o true", "b openai/gpt-4o false", "c azure/x true", "d openai/gpt-4o -",
          "e openai/last -",
        ])
  }

  @Test func includedFiles() throws {
    scratch.write(
      "model_list: [{model_name: b, litellm_params: {model: x/b}}]\ninclude: [config.yaml]",
      to: "b.yaml")
    scratch.write("general_settings: {background_health_checks: true}", to: "c.yaml")
    let file = try read(
      """
      include: [b.yaml, c.yaml, [d]]
      model_list: [{model_name: a, litellm_params: {model: x/a}}]
      general_settings: {master_key: os.environ/KEY}
      """)
    #expect(file.deployments.map(\.route) == ["a", "b"])
    #expect(file.checksInBackground)
    #expect(
      problem("include: [nowhere.yaml]") == "cannot read /nowhere.yaml: No such file or directory")
    for number in 0..<21 { scratch.write("include: [i\(number + 1).yaml]", to: "i\(number).yaml") }
    #expect(problem("include: [i0.yaml]") == "/config.yaml includes more than 20 files")
  }

  @Test(arguments: [
    "model_list: 7", "model_list: {a: b}", "model_list: [7, null, [], {}]",
    "model_list: [{model_name: a}]", "model_list: [{model_name: [a], litellm_params: {model: b}}]",
    "model_list: [{model_name: a, litellm_params: {model: os.environ/MODEL}}]",
    "router_settings: [fallbacks]", "router_settings: {fallbacks: {a: [b]}}",
    "litellm_settings: {fallbacks: none, default_fallbacks: x}", "general_settings: on",
    "? [complex]\n: key", "<<: *nothing",
  ])
  func whatIsOfNoUseIsPassedOver(text: String) throws {
    #expect(try read(text) == ProxyDeclaration())
  }

  @Test func whatIsNoFileOfLiteLLM() {
    #expect(problem("") == "/config.yaml is no configuration of LiteLLM: expected a mapping")
    #expect(problem("- a") == "/config.yaml is no configuration of LiteLLM: expected a mapping")
    #expect(problem("a: [b").hasPrefix("/config.yaml:1:6: not valid YAML: "))
    #expect(problem("a: b\n---\nc: d").contains("a second document begins here"))
    #expect(problem(String(repeating: "[", count: 100)).contains("nested deeper than 32 levels"))
    #expect(problem("a: \(String(repeating: "x", count: 1 << 20))").contains("larger than 1MiB"))
    #expect(
      throws: LiteLLMFile.Problem(description: "cannot read /nowhere: No such file or directory")
    ) { try LiteLLMFile.read("/nowhere") }
  }

  /// Nine levels of nine aliases each would be 400 million values.
  @Test func aliasesDoNotMultiply() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(problem(text).contains("more than 50000 values, the most allowed"))
  }
}
