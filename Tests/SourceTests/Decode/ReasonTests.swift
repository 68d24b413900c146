import Record
import Testing

@testable import Source

/// The table of reasons: the first field that tells decides.
@Suite struct ReasonTests {
  /// One `error_information`; what is nil is left out.
  struct Case: Sendable {
    var reason: Reason
    var errorClass: String?
    var code: String?
    var normalized: String?
    var category: String?
    var apiBase = "https://api.example"
  }

  private func reason(_ error: Case) -> String? {
    func field(_ name: String, _ value: String?) -> String {
      value.map { ",\"\(name)\":\"\($0)\"" } ?? ""
    }
    let decoding = Decoding()
    decoding.add(
      """
      {"litellm_call_id":"a","status":"failure","startTime":1795259782,"endTime":1795259783,\
      "custom_llm_provider":"openai","model":"openai/gpt-4o","api_base":"\(error.apiBase)",\
      "error_information":{"error_message":"x"\(field("error_class", error.errorClass))\
      \(field("error_code", error.code))\(field("normalized_error", error.normalized))\
      \(field("error_rate_limit_category", error.category))}}
      """)
    return decoding.batch.requests.first?.reason?.name
  }

  @Test(arguments: [
    Case(reason: .unknownModel, errorClass: "ProxyModelNotFoundError", code: "400"),
    Case(reason: .keyRejected, errorClass: "ProxyException", code: "401", apiBase: ""),
    Case(
      reason: .credentials, errorClass: "ProxyException", code: "401",
      normalized: "401_AUTHENTICATION_FAILED"),
    Case(reason: .invalidRequest, errorClass: "ProxyException", code: "400", apiBase: ""),
    Case(reason: .budgetExceeded, errorClass: "BudgetExceededError", code: "429"),
    Case(reason: .noDeployment, errorClass: "RouterRateLimitError", code: ""),
    Case(
      reason: .noDeployment, errorClass: "RouterRateLimitError",
      normalized: "429_NO_HEALTHY_DEPLOYMENTS", category: "router"),
    Case(
      reason: .streamBroken, errorClass: "ReadError", code: "",
      normalized: "500_PROVIDER_CONNECTION_ERROR"),
    Case(reason: .contextWindow, errorClass: "ContextWindowExceededError", code: "400"),
    Case(reason: .contentPolicy, errorClass: "ContentPolicyViolationError", code: "400"),
    Case(reason: .notFound, errorClass: "NotFoundError", code: "404"),
    Case(reason: .credentials, errorClass: "AuthenticationError", code: "401"),
    Case(reason: .credentials, errorClass: "PermissionDeniedError", code: "403"),
    Case(reason: .blocked, errorClass: "GuardrailRaisedException", code: "400"),
    Case(reason: .blocked, errorClass: "MyGuardrailError"),
  ])
  func theClassDecidesFirst(error: Case) {
    #expect(reason(error) == error.reason.name)
  }

  @Test(arguments: [
    Case(reason: .quotaExceeded, code: "429", category: "litellm_rate_limit"),
    Case(
      reason: .rateLimited, code: "429", normalized: "429_RATE_LIMIT_EXCEEDED",
      category: "vendor_rate_limit"),
    Case(reason: .rateLimited, code: "429", category: ""),
    Case(reason: .serverError, code: "500", category: "litellm_rate_limit"),
  ])
  func thenTheCategoryOfARateLimit(error: Case) {
    #expect(reason(error) == error.reason.name)
  }

  @Test(arguments: [
    Case(reason: .rateLimited, code: "500", normalized: "429_RATE_LIMIT_EXCEEDED"),
    Case(reason: .overloaded, code: "500", normalized: "503_PROVIDER_OVERLOADED"),
    Case(reason: .overloaded, code: "500", normalized: "529_PROVIDER_OVERLOADED"),
    Case(reason: .connection, code: "408", normalized: "500_PROVIDER_CONNECTION_ERROR"),
    Case(reason: .serverError, code: "408", normalized: "500_PROVIDER_INTERNAL_ERROR"),
    Case(reason: .timeout, code: "500", normalized: "408_UPSTREAM_TIMEOUT"),
    Case(reason: .credentials, code: "500", normalized: "401_AUTHENTICATION_FAILED"),
    Case(reason: .invalidRequest, code: "500", normalized: "400_INVALID_REQUEST"),
    Case(reason: .notFound, code: "500", normalized: "404_MODEL_NOT_FOUND"),
  ])
  func thenTheNormalizedError(error: Case) {
    #expect(reason(error) == error.reason.name)
  }

  @Test(arguments: [
    Case(reason: .rateLimited, code: "429"), Case(reason: .overloaded, code: "503"),
    Case(reason: .overloaded, code: "529"), Case(reason: .serverError, code: "500"),
    Case(reason: .serverError, code: "502"), Case(reason: .timeout, code: "408"),
    Case(reason: .timeout, code: "504"), Case(reason: .credentials, code: "401"),
    Case(reason: .credentials, code: "403"), Case(reason: .invalidRequest, code: "400"),
    Case(reason: .invalidRequest, code: "413"), Case(reason: .invalidRequest, code: "422"),
    Case(reason: .notFound, code: "404"), Case(reason: .unknown, code: "418"),
    Case(reason: .unknown, code: ""), Case(reason: .unknown),
    Case(reason: .unknown, errorClass: "SomethingNew", normalized: "777_NEW"),
  ])
  func thenTheCode(error: Case) {
    #expect(reason(error) == error.reason.name)
  }

  @Test func aCodeMayBeANumber() {
    let line = """
      {"litellm_call_id":"a","status":"failure","startTime":1795259782,"endTime":1795259783,\
      "error_information":{"error_code":429,"error_rate_limit_category":"key"}}
      """
    #expect(
      told(line) == """
        request=payload failure id=a start=1795259782000000 end=1795259783000000 \
        reason=quota_exceeded code=429
        """)
  }
}
