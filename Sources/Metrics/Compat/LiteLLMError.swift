/// A reason in LiteLLM's words: the status and the exception class of its labels.
struct LiteLLMError {
  let code: String
  private let exception: String

  /// `reason` as in the labels; what is not among them is LiteLLM's general error.
  init(reason: String) {
    (code, exception) = Self.words[reason] ?? ("500", "APIError")
  }

  /// The class with the provider before it, as LiteLLM writes those of providers.
  func name(from provider: String) -> String {
    guard let first = provider.first, provider != "none" else { return exception }
    return first.uppercased() + provider.dropFirst() + "." + exception
  }

  private static let words: [String: (code: String, exception: String)] = [
    "rate_limited": ("429", "RateLimitError"),
    "overloaded": ("503", "ServiceUnavailableError"),
    "server_error": ("500", "InternalServerError"),
    "timeout": ("408", "Timeout"),
    "connection": ("500", "InternalServerError"),
    "stream_broken": ("500", "MidStreamFallbackError"),
    "credentials": ("401", "AuthenticationError"),
    "invalid_request": ("400", "BadRequestError"),
    "context_window": ("400", "ContextWindowExceededError"),
    "content_policy": ("400", "ContentPolicyViolationError"),
    "not_found": ("404", "NotFoundError"),
    "unknown_model": ("400", "ProxyModelNotFoundError"),
    "key_rejected": ("401", "ProxyException"),
    "budget_exceeded": ("429", "BudgetExceededError"),
    "quota_exceeded": ("429", "HTTPException"),
    "blocked": ("400", "GuardrailRaisedException"),
    "no_deployment": ("429", "RouterRateLimitError"),
    "internal": ("500", "APIError"),
    "unknown": ("500", "APIError"),
  ]

  /// The reasons that have words of their own.
  static var reasons: Set<String> { Set(words.keys) }
}
