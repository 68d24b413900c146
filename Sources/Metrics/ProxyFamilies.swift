extension Catalogue {
  /// What the proxy says of itself, and what its configuration declares.
  static let proxy = Section(
    title: "Proxy",
    descriptors: [
      Descriptor(
        .proxyUp, "llm_proxy_up", .gauge, origin: .collected,
        help: "1 if the proxy says that it is alive and ready, 0 if not; absent without a"
          + " proxy.url."),
      Descriptor(
        .proxyInfo, "llm_proxy_info", .gauge, [.version], origin: .collected,
        help: "Always 1; the version of LiteLLM is the label. It is told only to who has a key."),
      Descriptor(
        .proxyProbeDuration, "llm_proxy_probe_duration_seconds", .gauge, [.probe],
        origin: .collected,
        help: "How long the last probe of each kind took, answered or not."),
      Descriptor(
        .fallbackRouteInfo, "llm_fallback_route_info", .gauge, [.route, .position, .target],
        origin: .collected,
        help: "Always 1; the general fallbacks that the configuration of the proxy declares for"
          + " a route, in order. Those for context windows and content policies are checked, but"
          + " not listed."),
      Descriptor(
        .fallbackChainProblem, "llm_fallback_chain_problem", .gauge, [.route, .problem],
        origin: .collected,
        help: "1 for each problem of the fallbacks declared for a route: missing_route,"
          + " same_provider, ends_unhealthy, free_to_paid."),
    ])
}
