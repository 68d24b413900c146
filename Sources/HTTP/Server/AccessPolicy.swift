/// Who may ask for what; decided from the head of a request alone.
///
/// | listening on | path | bearer token | `Host` | answer |
/// |---|---|---|---|---|
/// | loopback | any | none, wrong | loopback, `web.hosts`, none sent | allow |
/// | loopback | any | none, wrong | any other | 421: a rebound DNS name in a browser |
/// | loopback | any | right | any | allow |
/// | elsewhere | `web.open` | any | any | allow: Prometheus scrapes by name |
/// | elsewhere | any other | right | any | allow |
/// | elsewhere | any other | none, wrong | any | 401 |
/// | elsewhere | any other | not configured | any | 403, naming the key to set |
///
/// A route that always needs the token asks for it on loopback too (401), and does not exist while
/// none is configured (404). Whatever was allowed is refused after all (403) if it may change
/// something and carries an `Origin` that is neither the `Host` asked nor in `web.hosts`: browsers
/// send `Origin` with every such request, and cannot forge it.
///
/// No `Host` at all comes from an HTTP/1.0 health check, never from a browser.
package struct AccessPolicy: Sendable {
  /// What becomes of a request.
  package enum Decision: Sendable, Equatable {
    /// Call the handler.
    case allow
    /// Perhaps a DNS name that was rebound to this machine.
    case foreignHost
    /// Perhaps a forged request from another site's page.
    case foreignOrigin
    /// `wrong` tells a token that does not match from none.
    case unauthorized(wrong: Bool)
    /// Nobody can have a token here.
    case tokenNotSet
    /// A route that does not exist until there is a token.
    case disabled
  }

  private let onLoopback: Bool
  private let token: BearerToken?
  private let open: Set<String>
  private let hosts: [Authority]

  /// The policy for a server that listens as `options` say.
  package init(_ options: WebOptions) {
    onLoopback = IPAddress(options.address)?.isLoopback == true
    token = options.token.flatMap(BearerToken.init)
    open = Set(options.open)
    hosts = options.hosts.compactMap { Authority($0) }
  }

  /// Decides from method, path and headers; `needsToken` is the route's own demand.
  package func decide(_ request: HTTPRequest, needsToken: Bool = false) -> Decision {
    let presented = bearer(request.headers["Authorization"])
    let isAuthorized = presented.map { token?.matches($0) == true } ?? false
    let host = request.headers["Host"].map { Authority($0) }
    if onLoopback, !isAuthorized, let host, !isOwn(host) { return .foreignHost }
    if needsToken, token == nil { return .disabled }
    if needsToken || !onLoopback && !open.contains(request.path) {
      guard token != nil else { return .tokenNotSet }
      guard isAuthorized else { return .unauthorized(wrong: presented != nil) }
    }
    if !request.method.isSafe, let origin = request.headers["Origin"],
      !isOwn(origin: origin, host: host ?? nil)
    {
      return .foreignOrigin
    }
    return .allow
  }

  private func isOwn(_ host: Authority?) -> Bool {
    guard let host else { return false }
    return host.isLoopback || hosts.contains { $0.covers(host) }
  }

  private func isOwn(origin: String, host: Authority?) -> Bool {
    guard let origin = Authority(origin: origin) else { return false }
    if hosts.contains(where: { $0.covers(origin) }) { return true }
    guard let host, host.host == origin.host else { return false }
    // Browsers leave the scheme's own port out; which scheme it was, a TLS proxy may have hidden.
    return host.port.map { $0 == origin.port } ?? (origin.port == 80 || origin.port == 443)
  }

  private func bearer(_ header: String?) -> Substring? {
    guard let parts = header?.split(separator: " ", maxSplits: 1), parts.count == 2,
      parts[0].lowercased() == "bearer"
    else { return nil }
    return parts[1].drop { $0 == " " }
  }
}

extension AccessPolicy.Decision {
  /// The answer to a request for `path` that is not allowed; nil if it is.
  package func refusal(path: String) -> HTTPResponse? {
    switch self {
    case .allow: return nil
    case .foreignHost:
      return .error(
        421, "foreign_host",
        "the Host header names neither this machine nor one of web.hosts; add it there or send the "
          + "bearer token")
    case .foreignOrigin:
      return .error(
        403, "foreign_origin",
        "the Origin header names another site; add its host to web.hosts if it may do this")
    case .unauthorized(let wrong):
      var response = HTTPResponse.error(
        401, "unauthorized",
        wrong
          ? "the bearer token is not the one in web.token_file"
          : "\(path) needs the bearer token of web.token_file")
      response.headers["WWW-Authenticate"] =
        wrong ? "Bearer realm=\"sidelight\", error=\"invalid_token\"" : "Bearer realm=\"sidelight\""
      return response
    case .tokenNotSet:
      return .error(
        403, "token_not_set",
        "\(path) needs a bearer token off loopback and none is set: set web.token_file, or add the "
          + "path to web.open")
    case .disabled:
      return .error(404, "not_found", "\(path) is off until web.token_file is set")
    }
  }
}
