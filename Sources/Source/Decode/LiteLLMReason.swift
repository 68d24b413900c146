import Record

/// The reason behind a LiteLLM error, by the first of its fields that tells.
enum LiteLLMReason {
  /// Classifies the `error_information` of the parsed line.
  ///
  /// A client's bad key and a provider's refusal both read `401_AUTHENTICATION_FAILED`; only the
  /// class and the missing `api_base` tell whose key it was.
  static func classify(_ line: LogLine) -> Reason {
    let code = line[.informationCode]
    if let reason = byClass(line[.informationClass], code: code, apiBase: line[.apiBase]) {
      return reason
    }
    let category = line[.rateLimitCategory]
    if code.isStatus("429"), category.isString, !category.text.isEmpty,
      !category.equals("vendor_rate_limit")
    {
      return .quotaExceeded
    }
    return byNormalizedError(line[.normalizedError]) ?? byCode(code) ?? .unknown
  }

  private static func byClass(_ name: JSONValue, code: JSONValue, apiBase: JSONValue) -> Reason? {
    guard name.isString else { return nil }
    if name.equals("ProxyException") {
      let reachedProvider = apiBase.isString && !apiBase.text.isEmpty
      return code.isStatus("401") && !reachedProvider ? .keyRejected : nil
    }
    for (known, reason) in classes where name.equals(known) { return reason }
    return name.text.contains("Guardrail") ? .blocked : nil
  }

  private static let classes: [(StaticString, Reason)] = [
    ("ProxyModelNotFoundError", .unknownModel),
    ("BudgetExceededError", .budgetExceeded),
    ("RouterRateLimitError", .noDeployment),
    ("ReadError", .streamBroken),
    ("ContextWindowExceededError", .contextWindow),
    ("ContentPolicyViolationError", .contentPolicy),
    ("NotFoundError", .notFound),
    ("AuthenticationError", .credentials),
    ("PermissionDeniedError", .credentials),
  ]

  private static func byNormalizedError(_ value: JSONValue) -> Reason? {
    guard value.isString else { return nil }
    if value.equals("500_PROVIDER_CONNECTION_ERROR") { return .connection }
    return value.text.count > 4 && value.text[3] == UInt8(ascii: "_")
      ? normalized(value.text.prefix(3)) : nil
  }

  private static func normalized(_ status: Slice<UnsafeRawBufferPointer>) -> Reason? {
    for (known, reason) in normalizedErrors where status.elementsEqual(known.utf8) {
      return reason
    }
    return nil
  }

  private static let normalizedErrors: [(String, Reason)] = [
    ("429", .rateLimited), ("503", .overloaded), ("529", .overloaded), ("500", .serverError),
    ("408", .timeout), ("401", .credentials), ("400", .invalidRequest), ("404", .notFound),
  ]

  private static func byCode(_ code: JSONValue) -> Reason? {
    guard code.isString || code.isNumber else { return nil }
    for (known, reason) in codes where code.text.elementsEqual(known.utf8) { return reason }
    return nil
  }

  private static let codes: [(String, Reason)] = [
    ("429", .rateLimited), ("503", .overloaded), ("529", .overloaded), ("500", .serverError),
    ("502", .serverError), ("408", .timeout), ("504", .timeout), ("401", .credentials),
    ("403", .credentials), ("400", .invalidRequest), ("413", .invalidRequest),
    ("422", .invalidRequest), ("404", .notFound),
  ]
}

extension JSONValue {
  /// Whether it is this HTTP status, as a string or a number.
  fileprivate func isStatus(_ code: String) -> Bool {
    (isString || isNumber) && text.elementsEqual(code.utf8)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func contains(_ needle: String) -> Bool {
    let needle = Array(needle.utf8)
    guard count >= needle.count else { return false }
    return (0...count - needle.count).contains {
      self[$0..<$0 + needle.count].elementsEqual(needle)
    }
  }
}
