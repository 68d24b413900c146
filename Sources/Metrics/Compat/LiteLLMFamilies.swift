extension ProjectedFamily {
  /// What the community dashboard (grafana.com 24965), LiteLLM's own dashboards and its own
  /// queries ask for, as far as Sidelight's sums can tell it; `deploy/compat.md` compares them.
  static let litellm = requestFamilies + usageFamilies + latencyFamilies + deploymentFamilies

  private static let requestFamilies = [
    ProjectedFamily(
      "litellm_proxy_total_requests_metric_total",
      [
        Source(.requests) {
          // 499: the client went away.
          guard $0[3] != "failure" else { return nil }
          let code = $0[3] == "cancelled" ? "499" : "200"
          return asked($0[0], $0[1]) + [("status_code", code)]
        },
        Source(.requestFailures) {
          asked($0[0], $0[1]) + [("status_code", LiteLLMError(reason: $0[3]).code)]
        },
      ],
      help: "Requests by what the client was answered; requested_model is the model that served."),
    ProjectedFamily(
      "litellm_proxy_failed_requests_metric_total",
      [
        Source(.requestFailures) {
          let error = LiteLLMError(reason: $0[3])
          return asked($0[0], $0[1]) + [
            ("exception_status", error.code), ("exception_class", error.name(from: $0[0])),
          ]
        }
      ],
      help: "Failed requests; requested_model is the model that failed first."),
    ProjectedFamily(
      "litellm_requests_metric_total",
      [Source(.requests) { $0[3] == "success" ? served($0[0], $0[1]) : nil }],
      help: "Successful requests."),
    ProjectedFamily(
      "litellm_llm_api_failed_requests_metric_total",
      [Source(.attempts) { isFailure($0[2]) ? served($0[0], $0[1]) : nil }],
      help: "Failed calls to providers."),
  ]

  private static let usageFamilies = [
    ProjectedFamily(
      "litellm_spend_metric_total", [Source(.cost) { served($0[0], $0[1]) }],
      help: "Spend in US dollars."),
    ProjectedFamily(
      "litellm_total_tokens_metric_total", [Source(.tokens) { served($0[0], $0[1]) }],
      help: "Tokens, input and output."),
    ProjectedFamily(
      "litellm_input_tokens_metric_total",
      [Source(.tokens) { $0[2] == "input" ? served($0[0], $0[1]) : nil }], help: "Input tokens."),
    ProjectedFamily(
      "litellm_output_tokens_metric_total",
      [Source(.tokens) { $0[2] == "output" ? served($0[0], $0[1]) : nil }],
      help: "Output tokens."),
    ProjectedFamily(
      "litellm_remaining_requests_metric",
      [Source(.rateLimitRemaining) { $0[2] == "requests" ? named($0[0], $0[1]) : nil }],
      help: "Requests left of the provider's rate limit."),
    ProjectedFamily(
      "litellm_remaining_tokens_metric",
      [Source(.rateLimitRemaining) { $0[2] == "tokens" ? named($0[0], $0[1]) : nil }],
      help: "Tokens left of the provider's rate limit."),
  ]

  private static let latencyFamilies = [
    ProjectedFamily(
      "litellm_request_total_latency_metric", [Source(.requestDuration) { served($0[0], $0[1]) }],
      help: "What clients waited for a successful answer, in seconds."),
    ProjectedFamily(
      "litellm_llm_api_latency_metric", [Source(.attemptDuration) { served($0[0], $0[1]) }],
      help: "How long calls to providers took, in seconds, failed ones included."),
    ProjectedFamily(
      "litellm_llm_api_time_to_first_token_metric",
      [Source(.timeToFirstToken) { served($0[0], $0[1]) }],
      help: "Time to the first token of streams, in seconds."),
  ]

  private static let deploymentFamilies = [
    ProjectedFamily(
      "litellm_deployment_state",
      [
        Source(.deploymentHealth) {
          [("litellm_model_name", $0[3]), ("model_id", $0[0]), ("api_provider", $0[2])]
        }
      ],
      help: "0 healthy, 1 partial outage, 2 complete outage.", gauge: { 2 - 2 * $0 }),
    ProjectedFamily(
      "litellm_deployment_total_requests_total",
      [Source(.deploymentAttempts) { deployed($0[0], $0[1]) }], help: "Calls of a deployment."),
    ProjectedFamily(
      "litellm_deployment_success_responses_total",
      [Source(.deploymentAttempts) { $0[2] == "success" ? deployed($0[0], $0[1]) : nil }],
      help: "Successful calls of a deployment."),
    ProjectedFamily(
      "litellm_deployment_failure_responses_total",
      [
        Source(.deploymentAttempts) {
          guard isFailure($0[2]) else { return nil }
          let error = LiteLLMError(reason: $0[2])
          return deployed($0[0], $0[1]) + [
            ("exception_status", error.code), ("exception_class", error.name(from: "")),
          ]
        }
      ],
      help: "Failed calls of a deployment."),
    ProjectedFamily(
      "litellm_deployment_successful_fallbacks_total",
      [
        Source(.routeFallbacks) {
          let error = LiteLLMError(reason: $0[2])
          return [
            ("requested_model", $0[0]), ("fallback_model", $0[1]),
            ("exception_status", error.code), ("exception_class", error.name(from: "")),
          ]
        }
      ],
      help: "Requests that a fallback served."),
    ProjectedFamily(
      "litellm_deployment_failed_fallbacks_total",
      [
        Source(.fallbacksExhausted) {
          let error = LiteLLMError(reason: $0[1])
          return [
            ("api_provider", $0[0]), ("exception_status", error.code),
            ("exception_class", error.name(from: $0[0])),
          ]
        }
      ],
      help: "Requests that failed although fallbacks were tried, each once."),
  ]

  private static func asked(_ provider: String, _ model: String) -> [(String, String)] {
    [("requested_model", model), ("api_provider", provider)]
  }

  private static func served(_ provider: String, _ model: String) -> [(String, String)] {
    [("model", model), ("requested_model", model), ("api_provider", provider)]
  }

  private static func named(_ provider: String, _ model: String) -> [(String, String)] {
    [("litellm_model_name", model), ("api_provider", provider)]
  }

  private static func deployed(_ deployment: String, _ route: String) -> [(String, String)] {
    [("model_id", deployment), ("model_group", route), ("requested_model", route)]
  }

  private static func isFailure(_ result: String) -> Bool {
    result != "success" && result != "cancelled"
  }
}
