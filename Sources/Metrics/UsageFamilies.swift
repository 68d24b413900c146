extension Catalogue {
  /// Where the time went.
  static let latency = Section(
    title: "Latency",
    descriptors: [
      Descriptor(
        .timeToFirstToken, "llm_time_to_first_token_seconds", .histogram(.firstToken),
        [.provider, .model], unit: .micro,
        help: "Time from the start of the answering attempt to the first token of a stream."),
      Descriptor(
        .timePerOutputToken, "llm_time_per_output_token_seconds", .histogram(.perToken),
        [.provider, .model], unit: .micro,
        help: "Time per output token of a stream after its first token."),
      Descriptor(
        .proxyOverhead, "llm_proxy_overhead_seconds", .histogram(.firstToken),
        [.provider, .model], unit: .micro,
        help: "The share of the proxy itself in the duration of requests that had exactly one"
          + " attempt."),
    ])

  /// Money, tokens and limits in detail.
  static let usage = Section(
    title: "Usage in detail",
    descriptors: [
      Descriptor(
        .costLastHour, "llm_cost_last_hour", .gauge, [.provider], origin: .collected,
        help: "Spend in US dollars of requests that ended within the last hour, by event time:"
          + " it does not jump when a backlog is read."),
      Descriptor(
        .tokenDetails, "llm_token_details_total", .counter, [.provider, .model, .type],
        help: "Tokens that are already part of llm_tokens_total and not to be added to it:"
          + " cache_read and cache_write of input, reasoning of output."),
      Descriptor(
        .cachedRequests, "llm_cached_requests_total", .counter, [.provider, .model],
        help: "Requests answered from the cache of the proxy, by who would have served; they"
          + " are in llm_requests_total too."),
      Descriptor(
        .costSaved, "llm_cost_saved_total", .counter, [.provider, .model], unit: .nano,
        help: "US dollars that answers from the cache of the proxy would have cost."),
      Descriptor(
        .unpricedRequests, "llm_unpriced_requests_total", .counter, [.provider, .model],
        help: "Requests that used tokens but have no known price, so llm_cost_total is too low."),
      Descriptor(
        .unpricedTokens, "llm_unpriced_tokens_total", .counter, [.provider, .model],
        help: "Tokens, input and output, of requests without a known price."),
      Descriptor(
        .rateLimitRemaining, "llm_rate_limit_remaining", .gauge, [.provider, .model, .kind],
        origin: .collected,
        help: "Requests or tokens left as the provider last reported; absent 2 minutes after"
          + " that."),
      Descriptor(
        .rateLimitLimit, "llm_rate_limit_limit", .gauge, [.provider, .model, .kind],
        origin: .collected,
        help: "Limit of requests or tokens as the provider last reported; absent 2 minutes"
          + " after that."),
    ])
}
