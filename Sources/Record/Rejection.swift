/// Why a line was not used: the `reason` label of `sidelight_source_rejected_total`.
package enum Rejection: String, Error, CaseIterable, Sendable {
  case tooLong = "too_long"
  case notJSON = "not_json"
  case notObject = "not_object"
  /// A field of the wrong type, or a number that cannot be.
  case badValue = "bad_value"
  /// No time, or one before there were such proxies, or a request of more than a week.
  case badTime = "bad_time"
  /// More than an hour ahead of this machine's clock.
  case future
  case tooOld = "too_old"
  /// Neither a native line nor a payload.
  case unknownKind = "unknown_kind"

  /// What is wrong with the line, for a message.
  package var meaning: String {
    switch self {
    case .tooLong: "it is too long"
    case .notJSON: "it is no valid JSON"
    case .notObject: "it is no JSON object"
    case .badValue: "a field has the wrong type or an impossible number"
    case .badTime: "its start or end is missing, before 2020, or more than a week apart"
    case .future: "it ends more than an hour from now"
    case .tooOld: "it is older than what is remembered"
    case .unknownKind: "it is neither a line of the callback nor a LiteLLM payload"
    }
  }

  /// Its place in the list, for use as an array index.
  package var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
