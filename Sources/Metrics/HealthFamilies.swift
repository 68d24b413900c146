extension Catalogue {
  /// Who is well.
  static let health = Section(
    title: "Health",
    descriptors: [
      Descriptor(
        .providerHealth, "llm_provider_health", .gauge, [.provider], origin: .collected,
        help: "1 healthy, 0.5 degraded, 0 unhealthy; absent while nothing is known of it."),
      Descriptor(
        .providerState, "llm_provider_state", .gauge, [.provider, .state], origin: .collected,
        help: "1 for the state that the provider is in (healthy, degraded, unhealthy, unknown), 0"
          + " for the others."),
      Descriptor(
        .providerTransitions, "llm_provider_transitions_total", .counter, [.provider, .to],
        help: "How often the provider came to a state. From unknown to healthy is one too, but"
          + " no recovery."),
      Descriptor(
        .providerErrorRatio, "llm_provider_error_ratio", .gauge, [.provider], origin: .collected,
        help: "Share of attempts that failed by fault of the provider, as health is judged by: of"
          + " the last minute or the last few attempts, rate limits weighing half; absent without"
          + " any."),
      Descriptor(
        .providerRateLimitedRatio, "llm_provider_rate_limited_ratio", .gauge, [.provider],
        origin: .collected,
        help: "Share of the same attempts that the provider refused because of a rate limit."),
      Descriptor(
        .deploymentHealth, "llm_deployment_health", .gauge,
        [.deployment, .route, .provider, .model], origin: .collected,
        help: "Likewise of one entry of the model list of the proxy: 1 healthy, 0.5 degraded, 0"
          + " unhealthy; absent while nothing is known of it."),
      Descriptor(
        .providerScore, "llm_provider_score", .gauge, [.provider, .model, .powerLevel],
        origin: .collected,
        help: "From 0 to 1, how a model that served in the last minute ranks for a power level by"
          + " cost, latency, configured quality and errors."),
    ])
}
