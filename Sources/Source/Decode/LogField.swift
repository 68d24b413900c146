/// Every key that is read from a line of either format; the raw value is its slot in `JSONLine`.
///
/// One table serves both formats, so that a line is parsed once before its format is known.
enum LogField: Int, CaseIterable {
  // Both formats, or with the same meaning in both.
  case id, stream, model, cacheHit, endUser

  // The native line.
  case version, kind, trace, start, end, outcome, call, route, servedRoute, provider, deployment
  case attemptStart, firstToken, attempts, retries, fallbacks, number
  case firstFailure, firstFailureProvider, firstFailureModel, firstFailureReason
  case tokensInput, tokensOutput, tokensCacheRead, tokensCacheWrite, tokensReasoning
  case cost, saved, keyID, keyAlias, teamID, teamAlias, organization, user, tags
  case remainingRequests, remainingTokens, limitRequests, limitTokens, overhead
  case reason, code, errorClass, dropped

  // LiteLLM's StandardLoggingPayload.
  case callID, traceID, callType, status, llmProvider, startTime, endTime, completionStartTime
  case modelGroup, modelID, promptTokens, completionTokens, responseCost, savedCacheCost
  case requestTags, apiBase
  case keyHash, userKeyAlias, userTeamID, userTeamAlias, userOrganization, userID, userEndUser
  case cachedTokens, cacheCreationTokens, cacheReadInputTokens, cacheCreationInputTokens
  case reasoningTokens
  case informationCode, informationClass, normalizedError, rateLimitCategory
  case overheadMilliseconds, attemptedRetries, attemptedFallbacks
  case openAIRemainingRequests, openAIRemainingTokens, openAILimitRequests, openAILimitTokens
  case vendorRemainingRequests, vendorRemainingTokens, vendorLimitRequests, vendorLimitTokens

  var path: [String] {
    switch self {
    case .id: ["id"]
    case .stream: ["stream"]
    case .model: ["model"]
    case .cacheHit: ["cache_hit"]
    case .endUser: ["end_user"]
    case .version: ["v"]
    case .kind: ["kind"]
    case .trace: ["trace"]
    case .start: ["start"]
    case .end: ["end"]
    case .outcome: ["outcome"]
    case .call: ["call"]
    case .route: ["route"]
    case .servedRoute: ["served_route"]
    case .provider: ["provider"]
    case .deployment: ["deployment"]
    case .attemptStart: ["attempt_start"]
    case .firstToken: ["first_token"]
    case .attempts: ["attempts"]
    case .retries: ["retries"]
    case .fallbacks: ["fallbacks"]
    case .number: ["n"]
    case .firstFailure: ["first_failure"]
    case .firstFailureProvider: ["first_failure", "provider"]
    case .firstFailureModel: ["first_failure", "model"]
    case .firstFailureReason: ["first_failure", "reason"]
    case .tokensInput: ["tokens", "input"]
    case .tokensOutput: ["tokens", "output"]
    case .tokensCacheRead: ["tokens", "cache_read"]
    case .tokensCacheWrite: ["tokens", "cache_write"]
    case .tokensReasoning: ["tokens", "reasoning"]
    case .cost: ["cost_usd"]
    case .saved: ["saved_usd"]
    case .keyID: ["key", "id"]
    case .keyAlias: ["key", "alias"]
    case .teamID: ["team", "id"]
    case .teamAlias: ["team", "alias"]
    case .organization: ["org"]
    case .user: ["user"]
    case .tags: ["tags"]
    case .remainingRequests: ["rate_limit", "remaining_requests"]
    case .remainingTokens: ["rate_limit", "remaining_tokens"]
    case .limitRequests: ["rate_limit", "limit_requests"]
    case .limitTokens: ["rate_limit", "limit_tokens"]
    case .overhead: ["overhead"]
    case .reason: ["reason"]
    case .code: ["code"]
    case .errorClass: ["class"]
    case .dropped: ["dropped"]
    case .callID: ["litellm_call_id"]
    case .traceID: ["trace_id"]
    case .callType: ["call_type"]
    case .status: ["status"]
    case .llmProvider: ["custom_llm_provider"]
    case .startTime: ["startTime"]
    case .endTime: ["endTime"]
    case .completionStartTime: ["completionStartTime"]
    case .modelGroup: ["model_group"]
    case .modelID: ["model_id"]
    case .promptTokens: ["prompt_tokens"]
    case .completionTokens: ["completion_tokens"]
    case .responseCost: ["response_cost"]
    case .savedCacheCost: ["saved_cache_cost"]
    case .requestTags: ["request_tags"]
    case .apiBase: ["api_base"]
    case .keyHash: ["metadata", "user_api_key_hash"]
    case .userKeyAlias: ["metadata", "user_api_key_alias"]
    case .userTeamID: ["metadata", "user_api_key_team_id"]
    case .userTeamAlias: ["metadata", "user_api_key_team_alias"]
    case .userOrganization: ["metadata", "user_api_key_org_id"]
    case .userID: ["metadata", "user_api_key_user_id"]
    case .userEndUser: ["metadata", "user_api_key_end_user_id"]
    case .cachedTokens: Self.usage + ["prompt_tokens_details", "cached_tokens"]
    case .cacheCreationTokens: Self.usage + ["prompt_tokens_details", "cache_creation_tokens"]
    case .cacheReadInputTokens: Self.usage + ["cache_read_input_tokens"]
    case .cacheCreationInputTokens: Self.usage + ["cache_creation_input_tokens"]
    case .reasoningTokens: Self.usage + ["completion_tokens_details", "reasoning_tokens"]
    case .informationCode: ["error_information", "error_code"]
    case .informationClass: ["error_information", "error_class"]
    case .normalizedError: ["error_information", "normalized_error"]
    case .rateLimitCategory: ["error_information", "error_rate_limit_category"]
    case .overheadMilliseconds: ["hidden_params", "litellm_overhead_time_ms"]
    case .attemptedRetries: Self.headers + ["x-litellm-attempted-retries"]
    case .attemptedFallbacks: Self.headers + ["x-litellm-attempted-fallbacks"]
    case .openAIRemainingRequests: Self.headers + ["x_ratelimit_remaining_requests"]
    case .openAIRemainingTokens: Self.headers + ["x_ratelimit_remaining_tokens"]
    case .openAILimitRequests: Self.headers + ["x_ratelimit_limit_requests"]
    case .openAILimitTokens: Self.headers + ["x_ratelimit_limit_tokens"]
    case .vendorRemainingRequests: Self.headers + ["llm_provider-x-ratelimit-remaining-requests"]
    case .vendorRemainingTokens: Self.headers + ["llm_provider-x-ratelimit-remaining-tokens"]
    case .vendorLimitRequests: Self.headers + ["llm_provider-x-ratelimit-limit-requests"]
    case .vendorLimitTokens: Self.headers + ["llm_provider-x-ratelimit-limit-tokens"]
    }
  }

  private static let usage = ["metadata", "usage_object"]
  private static let headers = ["hidden_params", "additional_headers"]

  /// Where a metadata key may stand, in the order in which it is believed: the native line; the
  /// client's body, its spend-log metadata, its header, the key's own metadata.
  static func metadataPaths(_ name: String) -> [[String]] {
    let header = "x-" + String(name.map { $0 == "_" ? "-" : $0 })
    return [
      ["meta", name],
      ["metadata", "requester_metadata", name],
      ["metadata", "spend_logs_metadata", name],
      ["metadata", "requester_custom_headers", header],
      ["metadata", "user_api_key_auth_metadata", name],
    ]
  }
}
