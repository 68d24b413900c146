import HTTP
import Support
import TestSupport
import Testing

@testable import Health

/// What the real proxy answered (Tests/Lab/capture_probes), and what no proxy should.
@Suite struct ProbeAnswerTests {
  private func captured(_ name: String) -> ClientResponse {
    ClientResponse(status: 200, body: TestData.bytes(at: TestData.path("proxy/\(name).json")))
  }

  private func read(_ probe: Probe, _ text: String, status: Int = 200) throws -> ProbeAnswer {
    try ProbeAnswer(probe, ClientResponse(status: status, body: Array(text.utf8)))
  }

  private func problem(_ probe: Probe, _ text: String, status: Int = 200) -> String {
    do {
      return "read as \(try read(probe, text, status: status))"
    } catch {
      return (error as? ProbeAnswer.Problem)?.text ?? "\(error)"
    }
  }

  @Test func basics() throws {
    #expect(try ProbeAnswer(.liveliness, captured("liveliness")) == .alive)
    #expect(try ProbeAnswer(.readiness, captured("readiness")) == .ready(version: nil))
    #expect(try ProbeAnswer(.details, captured("details")) == .details(version: "1.106.2"))
    // Releases before 1.80 told everybody.
    let old = #"{"status": "connected", "litellm_version": "1.50.1", "db": "connected"}"#
    #expect(try read(.readiness, old) == .ready(version: "1.50.1"))
  }

  @Test func modelList() throws {
    guard case .models(let list) = try ProbeAnswer(.models, captured("model_info")) else {
      Issue.record("no list")
      return
    }
    #expect(
      list.map {
        "\($0.id) \($0.route) \($0.provider) \($0.model) \($0.isFree.map { "\($0)" } ?? "-")"
      }
        == [
          "claude-main claude-sonnet anthropic claude-sonnet-4-5-20250929 false",
          "gpt-4o-east gpt-4o openai gpt-4o false",
          "gpt-4o-azure gpt-4o azure gpt-4o false",
          "gpt-4o-mini-main gpt-4o-mini openai gpt-4o-mini false",
          "gemini-pro-main gemini-pro gemini gemini-2.5-pro false",
          "gemini-flash-main gemini-flash gemini gemini-2.5-flash false",
          "llama-free-openrouter llama-free openrouter meta-llama/llama-3.3-70b-instruct:free true",
          "llama-groq groq-llama groq llama-3.3-70b-versatile false",
          "private-main private openai private-model -",
          "embed-main embed-small openai text-embedding-3-small false",
        ])
  }

  @Test func health() throws {
    guard case .health(let well) = try ProbeAnswer(.health, captured("health")),
      case .health(let ill) = try ProbeAnswer(.health, captured("health_ill"))
    else {
      Issue.record("no health")
      return
    }
    #expect(well.count == 10)
    #expect(well.allSatisfy { $0.isUp })
    #expect(ill.count == 10)
    #expect(
      ill.filter { !$0.isUp }.sorted { $0.deployment < $1.deployment } == [
        .init(
          deployment: "claude-main", model: "anthropic/claude-sonnet-4-5-20250929", isUp: false,
          status: 401),
        .init(deployment: "gpt-4o-azure", model: "azure/gpt-4o", isUp: false, status: 500),
        .init(
          deployment: "llama-groq", model: "groq/llama-3.3-70b-versatile", isUp: false, status: 429),
      ])
  }

  @Test func checkInTheBackgroundThatHasNotEndedYet() throws {
    #expect(try read(.health, "{}") == .health([]))
  }

  @Test(arguments: [
    (401, "answers 401: the key is missing or not accepted"),
    (403, "answers 403: the key is missing or not accepted"),
    (302, "answers 302, and redirects are not followed"), (404, "answers 404"),
    (503, "answers 503"), (204, "answers 204"),
  ])
  func otherStatuses(status: Int, text: String) {
    for probe in Probe.allCases { #expect(problem(probe, "{}", status: status) == text) }
  }

  @Test(arguments: [
    "", " ", "null", "true", "7", "\"text\"", "[]", "{", "{\"data\":", "<html></html>",
    "{\"data\": {}}", "{\"data\": null}", "{\"data\": 7}", "{\"status\": 7}", "{\"status\": null}",
    "{\"healthy_endpoints\": 7, \"unhealthy_endpoints\": []}", "{\"healthy_endpoints\": []}",
    "{\"error\": \"no\"}", "{\"data\": [1]", "\u{0}", "NaN", String(repeating: "[", count: 100_000),
    String(repeating: "{\"data\":[", count: 10_000),
  ])
  func whatIsNotFromLiteLLM(text: String) {
    for probe in [Probe.readiness, .details, .models, .health] {
      #expect(problem(probe, text) == "answers with something that LiteLLM does not send")
    }
  }

  @Test func invalidUTF8() {
    #expect(throws: ProbeAnswer.Problem.self) {
      try ProbeAnswer(
        .readiness,
        ClientResponse(status: 200, body: Array("{\"status\": \"".utf8) + [0xff, 0x22, 0x7d]))
    }
  }

  @Test func entriesOfWrongTypesAreLeftOut() throws {
    let good = #"{"model_name":"a","litellm_params":{"model":"openai/b"},"model_info":{"id":"c"}}"#
    let bare = #"{"model_name":"a","litellm_params":{"model":"openai/b"}}"#
    let long = String(repeating: "x", count: 600)
    let bad = [
      "null", "7", "[]", "{}", #"{"model_name":7,"litellm_params":{"model":"b"}}"#,
      #"{"model_name":"a","litellm_params":[]}"#,
      #"{"model_name":"a","litellm_params":{"model":[]}}"#,
      #"{"model_name":"","litellm_params":{"model":"b"}}"#,
      #"{"model_name":"\#(long)","litellm_params":{"model":"b"}}"#,
    ]
    let list = (bad + [good, bare]).joined(separator: ",")
    #expect(
      try read(.models, "{\"data\":[\(list)]}")
        == .models([
          .init(id: "c", route: "a", provider: "openai", model: "b"),
          .init(id: "", route: "a", provider: "openai", model: "b"),
        ]))
    #expect(
      problem(.models, "{\"data\":[\(bad.joined(separator: ","))]}")
        == "lists no entry with a model_name and litellm_params.model")
    #expect(try read(.models, "{\"data\":[]}") == .models([]))
    #expect(
      try read(
        .health,
        """
        {"healthy_endpoints":[null,7,{},{"model_id":"a"},{"model":"x/y","exception_status":"no"}],
         "unhealthy_endpoints":[{"model_id":7,"model":"b","exception_status":1.5}]}
        """)
        == .health([
          .init(deployment: "a", model: "", isUp: true),
          .init(deployment: "", model: "x/y", isUp: true),
          .init(deployment: "", model: "b", isUp: false),
        ]))
  }

  @Test func endlessListsAreCut() throws {
    let entry = #"{"model_name":"a","litellm_params":{"model":"openai/b"}}"#
    let list = Array(repeating: entry, count: 10_050).joined(separator: ",")
    guard case .models(let all) = try read(.models, "{\"data\":[\(list)]}") else { return }
    #expect(all.count == 10_000)
  }
}

@Suite struct LiteLLMModelTests {
  @Test(arguments: [
    ("anthropic/claude", nil, nil, "anthropic", "claude"),
    ("openrouter/meta-llama/x:free", nil, nil, "openrouter", "meta-llama/x:free"),
    ("gpt-4o", nil, "openai", "openai", "gpt-4o"),
    ("gpt-4o", nil, nil, "", "gpt-4o"),
    ("anthropic.claude-v2", nil, "bedrock_converse", "bedrock", "anthropic.claude-v2"),
    ("gemini-pro", nil, "vertex_ai-language-models", "vertex_ai", "gemini-pro"),
    ("meta-llama/Llama-3", "openai", nil, "openai", "meta-llama/Llama-3"),
    ("openai/Llama-3", "openai", "groq", "openai", "Llama-3"),
    ("openai/*", "", nil, "openai", "*"),
  ])
  func takenApart(
    name: String, custom: String?, listed: String?, provider: String, model: String
  ) {
    let parts = LiteLLMModel(name: name, custom: custom, listed: listed)
    #expect(parts.provider == provider)
    #expect(parts.model == model)
  }

  @Test func whatIsFree() {
    #expect(LiteLLMModel.isFree(inputPrice: 0, outputPrice: 0, name: "x") == true)
    #expect(LiteLLMModel.isFree(inputPrice: 0, outputPrice: 1e-9, name: "x:free") == false)
    #expect(LiteLLMModel.isFree(inputPrice: 1e-9, outputPrice: nil, name: "x") == false)
    #expect(LiteLLMModel.isFree(inputPrice: nil, outputPrice: nil, name: "x:free") == true)
    #expect(LiteLLMModel.isFree(inputPrice: nil, outputPrice: nil, name: "x") == nil)
  }
}
