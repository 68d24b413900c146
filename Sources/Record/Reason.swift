/// Why an attempt or a request failed: a closed list, so that it may be a label.
package enum Reason: UInt8, CaseIterable, Sendable {
  case rateLimited
  case overloaded
  case serverError
  case timeout
  case connection
  case streamBroken
  /// The provider refused the proxy's key.
  case credentials

  case invalidRequest
  case contextWindow
  case contentPolicy
  case notFound
  case unknownModel

  /// The proxy refused the client's key.
  case keyRejected
  case budgetExceeded
  /// One of the proxy's own rate limits.
  case quotaExceeded
  /// A guardrail stopped it.
  case blocked

  /// Every deployment of the route was cooling down.
  case noDeployment
  case `internal`
  case unknown

  /// The value of the `reason` label and of the native log's `reason`.
  package var name: String { Self.names[Int(rawValue)] }

  /// The reason with this name, or nil if there is none.
  package init?(name: some Sequence<UInt8>) {
    let bytes = Array(name)
    guard let index = Self.names.firstIndex(where: { $0.utf8.elementsEqual(bytes) }) else {
      return nil
    }
    self.init(rawValue: UInt8(index))
  }

  /// Whose fault it was.
  package var fault: Fault {
    switch self {
    case .rateLimited, .overloaded, .serverError, .timeout, .connection, .streamBroken,
      .credentials:
      .provider
    case .invalidRequest, .contextWindow, .contentPolicy, .notFound, .unknownModel: .caller
    case .keyRejected, .budgetExceeded, .quotaExceeded, .blocked: .policy
    case .noDeployment, .internal, .unknown: .gateway
    }
  }

  private static let names = [
    "rate_limited", "overloaded", "server_error", "timeout", "connection", "stream_broken",
    "credentials", "invalid_request", "context_window", "content_policy", "not_found",
    "unknown_model", "key_rejected", "budget_exceeded", "quota_exceeded", "blocked",
    "no_deployment", "internal", "unknown",
  ]
}

/// Who is to blame for a failure.
package enum Fault: String, CaseIterable, Sendable {
  case caller
  case policy
  case provider
  case gateway
}
