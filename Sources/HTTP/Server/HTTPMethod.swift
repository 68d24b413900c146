/// A request method, in the case it was sent.
package struct HTTPMethod: RawRepresentable, Hashable, Sendable {
  /// Such as `GET`; case matters.
  package let rawValue: String

  /// Takes any token; a router answers 405 to those it does not know.
  package init(rawValue: String) { self.rawValue = rawValue }

  /// Reads; answered with a body.
  package static let get = HTTPMethod(rawValue: "GET")
  /// As GET without the body.
  package static let head = HTTPMethod(rawValue: "HEAD")
  /// Does something.
  package static let post = HTTPMethod(rawValue: "POST")
  /// Sets what is at the path.
  package static let put = HTTPMethod(rawValue: "PUT")
  /// Removes what is at the path.
  package static let delete = HTTPMethod(rawValue: "DELETE")
  /// Asks what may be asked.
  package static let options = HTTPMethod(rawValue: "OPTIONS")

  /// Whether the method promises to change nothing (RFC 9110, section 9.2.1).
  package var isSafe: Bool { self == .get || self == .head || self == .options }
}
