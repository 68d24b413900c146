/// Why a request got no answer.
package struct ClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What callers tell apart.
  package enum Kind: String, Sendable, CaseIterable {
    case badURL
    /// A header or method that cannot be sent.
    case badRequest
    case nameNotFound
    case refused
    /// No way to the host, or the network failed otherwise.
    case unreachable
    case timeout
    /// No TLS, or a certificate that is not trusted.
    case tls
    /// The answer exceeds a limit.
    case tooLarge
    /// The connection ended before the answer did.
    case cutOff
    /// What came is no HTTP.
    case notHTTP
    /// Too many requests wait already.
    case busy
    /// The task was cancelled.
    case cancelled
    /// The client was stopped.
    case stopped
    /// Anything else.
    case failed
  }

  /// What went wrong.
  package var kind: Kind
  /// Scheme, host and port; empty if no address could be read.
  package var origin: String
  /// In plain words; never any part of the address but its origin.
  package var reason: String

  /// An error about an address that has no `origin` unless given.
  package init(_ kind: Kind, _ reason: String, origin: String = "") {
    self.kind = kind
    self.reason = reason
    self.origin = origin
  }

  package var description: String { origin.isEmpty ? reason : "\(origin): \(reason)" }
}
