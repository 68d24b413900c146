extension Catalogue {
  /// Who caused it.
  static let attribution = Section(
    title: "Attribution",
    descriptors: keys + teams + users + endUsers + tags + extras)

  private static let keys =
    shares(
      of: "key", (.keyRequests, .keyCost, .keyTokens), [.key, .team],
      "of each virtual key, by alias or the first 8 digits of its hash; a key that the proxy"
        + " rejected is attributed to nobody")
    + [
      Descriptor(
        .keyLastUsed, "llm_key_last_used_timestamp_seconds", .gauge, [.key], unit: .micro,
        help: "When the last request of the key ended, in seconds since 1970.")
    ]

  private static let teams = shares(
    of: "team", (.teamRequests, .teamCost, .teamTokens), [.team], "of each team")

  private static let users = shares(
    of: "user", (.userRequests, .userCost, .userTokens), [.user],
    "of each user of the proxy, the owner of the key")

  private static let endUsers = shares(
    of: "end_user", (.endUserRequests, .endUserCost, .endUserTokens), [.endUser],
    "of each end user, as clients name them")

  private static let tags = shares(
    of: "tag", (.tagRequests, .tagCost, .tagTokens), [.tag],
    "of each tag; a request may bear several, so their sum exceeds the whole")

  private static let extras = [
    Descriptor(
      .extraRequests, "llm_extra_requests_total", .counter, [.name, .value],
      help: "Requests by the labels of your own from the configuration; never sum over name."),
    Descriptor(
      .extraCost, "llm_extra_cost_total", .counter, [.name, .value], unit: .nano,
      help:
        "Spend in US dollars by the labels of your own from the configuration; never sum over name."
    ),
  ]

  /// Requests, cost and tokens of one attribute.
  private static func shares(
    of subject: String, _ families: (requests: Family, cost: Family, tokens: Family),
    _ labels: [Label], _ whose: String
  ) -> [Descriptor] {
    [
      Descriptor(
        families.requests, "llm_\(subject)_requests_total", .counter, labels + [.status],
        help: "Requests \(whose)."),
      Descriptor(
        families.cost, "llm_\(subject)_cost_total", .counter, labels, unit: .nano,
        help: "Spend in US dollars \(whose)."),
      Descriptor(
        families.tokens, "llm_\(subject)_tokens_total", .counter, labels + [.type],
        help: "Tokens as billed, input and output, \(whose)."),
    ]
  }
}
