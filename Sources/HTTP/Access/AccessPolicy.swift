/// Who may ask for what; decided from the head of a request and what its credentials proved.
///
/// | listening on | path | proof | `Host` | answer |
/// |---|---|---|---|---|
/// | loopback | any | none, wrong | loopback, `web.hosts`, none sent | allow |
/// | loopback | any | none, wrong | any other | 421: a rebound DNS name in a browser |
/// | loopback | any | token, user | any | allow |
/// | elsewhere | `web.open` | any | any | allow: Prometheus scrapes by name |
/// | elsewhere | any other | token, user | any | allow |
/// | elsewhere | any other | none, wrong | any | 401 |
/// | elsewhere | any other, neither token nor users configured | verified certificate | any | allow |
/// | elsewhere | any other, neither token nor users configured | none | any | 403, naming the keys |
///
/// A route that always needs the token asks for it on loopback too (401), and does not exist while
/// none is configured (404). Whatever was allowed is refused after all (403) if it may change
/// something and carries an `Origin` that is neither the `Host` asked nor in `web.hosts`: browsers
/// send `Origin` with every such request, and cannot forge it.
///
/// No `Host` at all comes from an HTTP/1.0 health check, never from a browser.
package struct AccessPolicy: Sendable {
  /// What the credentials of a request turned out to be.
  package enum Proof: Sendable, Equatable {
    /// None were presented, or of a scheme not known.
    case none
    case wrong
    case token
    case user
  }

  /// What is asked for, and so what a refusal names.
  package struct Methods: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The bearer token of `web.token_file`.
    package static let token = Methods(rawValue: 1)
    /// A user of `web.config_file`.
    package static let user = Methods(rawValue: 2)
  }

  /// What becomes of a request.
  package enum Decision: Sendable, Equatable {
    /// Call the handler.
    case allow
    /// Perhaps a DNS name that was rebound to this machine.
    case foreignHost
    /// Perhaps a forged request from another site's page.
    case foreignOrigin
    /// `wrong` tells credentials that do not match from none.
    case unauthorized(wrong: Bool, Methods)
    /// Nobody can have credentials here.
    case nothingSet
    /// A route that does not exist until there is a token.
    case disabled
    /// Too many wrong credentials came from this address; seconds to wait.
    case slowed(seconds: Int64)
    /// More requests than `rate_limit` allows; seconds to wait.
    case limited(seconds: Int64)
    /// Too many passwords wait to be checked.
    case busy
  }

  private let onLoopback: Bool
  private let token: BearerToken?
  private let hasUsers: Bool
  private let open: Set<String>
  private let hosts: [Authority]

  /// The policy for a server that listens as `options` say.
  package init(_ options: WebOptions) {
    onLoopback = IPAddress(options.address)?.isLoopback == true
    token = options.token.flatMap(BearerToken.init)
    hasUsers = !options.access.users.isEmpty
    open = Set(options.open)
    hosts = options.hosts.compactMap { Authority($0) }
  }

  /// Whether the answer hangs on credentials, so that they have to be checked.
  func asksForProof(_ request: HTTPRequest, needsToken: Bool) -> Bool {
    if needsToken { return token != nil }
    guard onLoopback else { return !open.contains(request.path) && (token != nil || hasUsers) }
    return !isOwnHost(of: request)
  }

  /// What a token proves.
  func proof(ofToken candidate: String) -> Proof {
    token?.matches(candidate) == true ? .token : .wrong
  }

  /// Decides; `needsToken` is the route's own demand.
  package func decide(
    _ request: HTTPRequest, needsToken: Bool = false, proof: Proof = .none
  ) -> Decision {
    let isProven = proof == .token || proof == .user && !needsToken
    if onLoopback, !isProven, !isOwnHost(of: request) { return .foreignHost }
    if needsToken, token == nil { return .disabled }
    if needsToken || !onLoopback && !open.contains(request.path) {
      let methods = methods(needsToken: needsToken)
      if methods.isEmpty, !request.isCertified { return .nothingSet }
      if !methods.isEmpty, !isProven { return .unauthorized(wrong: proof != .none, methods) }
    }
    if !request.method.isSafe, let origin = request.headers["Origin"],
      !isOwn(origin: origin, host: request.headers["Host"].flatMap { Authority($0) })
    {
      return .foreignOrigin
    }
    return .allow
  }

  private func methods(needsToken: Bool) -> Methods {
    var methods: Methods = []
    if token != nil { methods.insert(.token) }
    if hasUsers, !needsToken { methods.insert(.user) }
    return methods
  }

  private func isOwnHost(of request: HTTPRequest) -> Bool {
    guard let text = request.headers["Host"] else { return true }
    guard let host = Authority(text) else { return false }
    return host.isLoopback || hosts.contains { $0.covers(host) }
  }

  private func isOwn(origin: String, host: Authority?) -> Bool {
    guard let origin = Authority(origin: origin) else { return false }
    if hosts.contains(where: { $0.covers(origin) }) { return true }
    guard let host, host.host == origin.host else { return false }
    // Browsers leave the scheme's own port out; which scheme it was, a TLS proxy may have hidden.
    return host.port.map { $0 == origin.port } ?? (origin.port == 80 || origin.port == 443)
  }
}
