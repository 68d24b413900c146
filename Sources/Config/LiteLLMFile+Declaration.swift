import Health

extension ProxyDeclaration {
  /// Picks what it declares out of LiteLLM's configuration.
  init(litellm root: LiteLLMNode) {
    self.init()
    let router = root["router_settings"]
    deployments = root["model_list"].elements.compactMap(Self.deployment)
    for (alias, value) in router["model_group_alias"].entries {
      let node = LiteLLMNode(value)
      aliases[alias] = node.text ?? node["model"].text
    }
    // LiteLLM takes what the router's settings leave out from litellm_settings.
    let either = { (key: String) in
      let own = router[key]
      return own.elements.isEmpty ? root["litellm_settings"][key] : own
    }
    chains =
      Self.chains(.any, either("fallbacks"))
      + [.init(.any, "*", Self.targets(either("default_fallbacks")))]
      + Self.chains(.contextWindow, either("context_window_fallbacks"))
      + Self.chains(.contentPolicy, either("content_policy_fallbacks"))
    chains.removeAll { $0.targets.isEmpty }
    checksInBackground = root["general_settings"]["background_health_checks"].isTrue
  }

  private static func deployment(_ entry: LiteLLMNode) -> ProxyView.Deployment? {
    let parameters = entry["litellm_params"]
    let info = entry["model_info"]
    guard let route = entry["model_name"].text, let name = parameters["model"].text else {
      return nil
    }
    let model = LiteLLMModel(name: name, custom: parameters["custom_llm_provider"].text)
    let price = { (key: String) in parameters[key].number ?? info[key].number }
    return ProxyView.Deployment(
      id: info["id"].text ?? "", route: route, provider: model.provider, model: model.model,
      isFree: LiteLLMModel.isFree(
        inputPrice: price("input_cost_per_token"), outputPrice: price("output_cost_per_token"),
        name: name))
  }

  /// A list of mappings of one route to its targets.
  private static func chains(_ cause: Chain.Cause, _ list: LiteLLMNode) -> [Chain] {
    list.elements.flatMap { element in
      element.entries.map { Chain(cause, $0.key, targets(LiteLLMNode($0.value))) }
    }
  }

  /// Names of routes, or mappings that name one as `model`.
  private static func targets(_ list: LiteLLMNode) -> [String] {
    list.elements.compactMap { $0.text ?? $0["model"].text }
  }
}
