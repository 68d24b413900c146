import Source
import TestSupport

/// What the real proxy wrote, and what its clients saw.
enum Captured {
  /// The lines of a file, unpacked if it is packed.
  static func lines(_ name: String) throws -> [String] {
    var file = try HistoryFile(
      path: TestData.path(name.contains("/") ? name : "captured/\(name)"), maxLine: 1 << 20)
    var lines: [String] = []
    while try file.read(
      budget: 1 << 20, { line, _ in lines.append(String(decoding: line, as: UTF8.self)) }
    ).hasMore {}
    return lines
  }
}

/// What one client saw of its request.
struct ClientView {
  let callID: String
  let scenario: String
  let status: Int
  let isDisconnected: Bool
  /// The route that was asked for, and the one that answered.
  let route: String
  let servedRoute: String
  let deployment: String
  let retries: Int
  let fallbacks: Int
  let powerLevel: String?
  /// In nanoseconds.
  let latency: Int64
  let input: Int64?
  let output: Int64?

  init(_ line: String) {
    let json = RawJSON(line)
    callID = json.string("call_id") ?? ""
    scenario = json.string("scn") ?? ""
    status = json.integer("status").map(Int.init) ?? 0
    isDisconnected = json["disconnected"] == "true"
    route = json.string("model") ?? ""
    servedRoute = json.string("model_group") ?? ""
    deployment = json.string("model_id") ?? ""
    retries = json.string("attempted_retries").flatMap { Int($0) } ?? 0
    fallbacks = json.string("attempted_fallbacks").flatMap { Int($0) } ?? 0
    powerLevel = json.string("power")
    latency = billionths(json["lat"] ?? "0")
    let usage = json.object("usage")
    // Anthropic's own form counts cached tokens apart.
    let cached =
      (usage.integer("cache_read_input_tokens") ?? 0)
      + (usage.integer("cache_creation_input_tokens") ?? 0)
    input =
      usage.integer("prompt_tokens") ?? usage.integer("input_tokens").map { $0 + cached }
    output = usage.integer("completion_tokens") ?? usage.integer("output_tokens")
  }

  var outcome: String {
    isDisconnected ? "cancelled" : status == 200 ? "success" : "failure"
  }

  /// Who serves a route of the lab; `gpt-4o` has a deployment with each of two.
  static func provider(of route: String, deployment: String = "") -> String {
    switch route {
    case "claude-sonnet": "anthropic"
    case "gemini-pro", "gemini-flash": "gemini"
    case "groq-llama": "groq"
    case "llama-free": "openrouter"
    case "gpt-4o" where deployment.hasSuffix("azure"): "azure"
    default: "openai"
    }
  }
}

/// What the test itself makes of a payload's text.
struct PayloadText {
  let callID: String
  let isSuccess: Bool
  let isCacheHit: Bool
  let provider: String
  let model: String
  let cost: Int64
  let input: Int64
  let output: Int64
  let errorCode: String

  init(_ line: String) {
    let json = RawJSON(line)
    callID = json.string("litellm_call_id") ?? ""
    isSuccess = json.string("status") == "success"
    isCacheHit = json["cache_hit"] == "true"
    let provider = json.string("custom_llm_provider") ?? "none"
    self.provider = provider
    let name = json.string("model") ?? "none"
    model = name.hasPrefix(provider + "/") ? String(name.dropFirst(provider.count + 1)) : name
    cost = billionths(json["response_cost"] ?? "0")
    input = json.integer("prompt_tokens") ?? 0
    output = json.integer("completion_tokens") ?? 0
    errorCode = json.object("error_information").string("error_code") ?? ""
  }
}
