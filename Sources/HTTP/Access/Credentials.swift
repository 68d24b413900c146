import FoundationEssentials

/// What a request presents in `Authorization`.
enum Credentials: Equatable {
  /// Nothing, or nothing of a scheme known here.
  case none
  case token(String)
  case password(user: String, password: String)

  /// Reads `Bearer TOKEN` and `Basic BASE64`, the scheme in any case.
  init(_ header: String?) {
    self = .none
    guard let parts = header?.split(separator: " ", maxSplits: 1), parts.count == 2 else { return }
    let value = parts[1].drop { $0 == " " }
    switch parts[0].lowercased() {
    case "bearer": self = .token(String(value))
    case "basic":
      guard let bytes = Data(base64Encoded: String(value)),
        let text = String(validating: bytes, as: UTF8.self),
        let colon = text.firstIndex(of: ":")
      else { return }
      self = .password(
        user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    default: break
    }
  }
}
