extension Catalogue {
  /// What clients asked for and what became of it.
  static let requests = Section(
    title: "Requests",
    descriptors: [
      Descriptor(
        .requests, "llm_requests_total", .counter, [.provider, .model, .powerLevel, .status],
        help: "Requests of clients, each once when its outcome is known: success, failure or"
          + " cancelled (the client went away). Provider and model are who served or would"
          + " have, of a failed request who failed first, none if no deployment was chosen."),
      Descriptor(
        .requestDuration, "llm_request_duration_seconds", .histogram(.duration),
        [.provider, .model], unit: .micro,
        help: "What the client waited for a successful answer of a provider, retries and"
          + " fallbacks included; answers from the cache are not in it."),
      Descriptor(
        .tokens, "llm_tokens_total", .counter, [.provider, .model, .type],
        help: "Tokens as billed: cached prompt tokens are part of input, reasoning is part of"
          + " output; answers from the cache of the proxy are not counted."),
      Descriptor(
        .cost, "llm_cost_total", .counter, [.provider, .model, .powerLevel], unit: .nano,
        help: "Spend in US dollars. Requests without a known price add nothing, see"
          + " llm_unpriced_requests_total."),
      Descriptor(
        .fallbacks, "llm_fallbacks_total", .counter,
        [.primaryProvider, .fallbackProvider, .reason],
        help: "Requests that another route than the asked one served: provider and reason of"
          + " the first failed attempt (none and no_deployment if the route was skipped), and"
          + " the provider that served."),
      Descriptor(
        .requestFailures, "llm_request_failures_total", .counter,
        [.provider, .model, .fault, .reason],
        help: "Requests that failed as the client saw it, by whose fault it was (caller, policy,"
          + " provider, gateway) and the reason of the first failed attempt, else of the final"
          + " error."
      ),
      Descriptor(
        .errorRatio, "llm_error_ratio", .gauge, origin: .collected,
        help: "Share of failed requests among those of the last 10 minutes that reached a"
          + " provider; absent without any."),
      Descriptor(
        .fallbackRatio, "llm_fallback_ratio", .gauge, origin: .collected,
        help: "Share of requests that a fallback served among those of the last 10 minutes that"
          + " reached a provider; absent without any."),
    ])

  /// What the proxy did to get an answer.
  static let attempts = Section(
    title: "Attempts, retries and fallbacks",
    descriptors: [
      Descriptor(
        .attempts, "llm_attempts_total", .counter, [.provider, .model, .result],
        help: "Calls from the proxy to a provider: success, cancelled, or the reason of the"
          + " failure. A request has none, one or many; a lower bound where"
          + " sidelight_source_info says attempts=partial."),
      Descriptor(
        .deploymentAttempts, "llm_deployment_attempts_total", .counter,
        [.deployment, .route, .result],
        help: "The same calls by deployment and route; not to be added to llm_attempts_total."),
      Descriptor(
        .attemptDuration, "llm_attempt_duration_seconds", .histogram(.duration),
        [.provider, .model], unit: .micro,
        help: "How long single calls to a provider took, failed ones included."),
      Descriptor(
        .retriedRequests, "llm_retried_requests_total", .counter, [.provider, .model, .reason],
        help: "Requests that a retry on their own route served, with provider, model and reason"
          + " of the first failed attempt."),
      Descriptor(
        .routeFallbacks, "llm_route_fallbacks_total", .counter, [.route, .servedRoute, .reason],
        help: "Requests that a fallback served, by the route asked for and the route that"
          + " served; the same requests as in llm_fallbacks_total."),
      Descriptor(
        .routeFallbackRatio, "llm_route_fallback_ratio", .gauge, [.route], origin: .collected,
        help: "Share of requests that a fallback served among those of the last 10 minutes that"
          + " asked for the route and reached a provider; absent without any."),
      Descriptor(
        .fallbacksExhausted, "llm_fallbacks_exhausted_total", .counter,
        [.primaryProvider, .reason],
        help: "Requests that failed although fallbacks were tried, with provider and reason of"
          + " the first failed attempt."),
    ])
}
