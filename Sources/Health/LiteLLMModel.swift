/// How LiteLLM names a model: `provider/model`, or the model alone with the provider beside it.
package struct LiteLLMModel: Sendable, Equatable {
  /// Empty if it cannot be told.
  package var provider: String
  /// Without the provider.
  package var model: String

  /// Takes `name` apart as LiteLLM does.
  ///
  /// `custom` is `custom_llm_provider`, which wins; `listed` is the price sheet's
  /// `litellm_provider`, which is more detailed than a provider's name.
  package init(name: String, custom: String? = nil, listed: String? = nil) {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    if let custom, !custom.isEmpty {
      provider = custom
      model = parts.count == 2 && parts[0] == custom ? parts[1] : name
    } else if parts.count == 2 {
      (provider, model) = (parts[0], parts[1])
    } else {
      provider = Self.provider(listed: listed ?? "")
      model = name
    }
  }

  /// `bedrock_converse` and `vertex_ai-language-models` are kinds of models of one provider.
  private static func provider(listed: String) -> String {
    if listed.hasPrefix("vertex_ai-") { return "vertex_ai" }
    return listed == "bedrock_converse" ? "bedrock" : listed
  }

  /// Whether tokens at these prices cost nothing; nil if neither prices nor name tell.
  package static func isFree(inputPrice: Double?, outputPrice: Double?, name: String) -> Bool? {
    let prices = [inputPrice, outputPrice].compactMap(\.self)
    if prices.contains(where: { $0 > 0 }) { return false }
    // OpenRouter's way to name what it gives away.
    if name.hasSuffix(":free") { return true }
    return prices.isEmpty ? nil : true
  }
}
