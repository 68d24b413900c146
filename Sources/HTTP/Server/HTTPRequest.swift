/// What a client asked for, complete with its body.
package struct HTTPRequest: Sendable {
  /// HEAD stays HEAD, though the handler for GET answers it.
  package var method: HTTPMethod
  /// Percent-decoded once; free of control characters.
  package var path: String
  /// Decoded like the path, `+` as a space.
  package var query: HTTPQuery
  /// As sent.
  package var headers: HTTPHeaders
  /// At most as long as the route takes.
  package var body: [UInt8]
  /// Who is on the other end of the connection: a reverse proxy, if there is one.
  package var remote: IPAddress
  /// Whether the connection showed a certificate of the client authorities, as all of them must.
  package var isCertified = false
  /// What stood for `{name}` in the route's pattern, decoded; nil for an exact path.
  package var parameter: String?

  /// A request as a test or another part of the program makes one up.
  package init(
    _ method: HTTPMethod, _ path: String, query: HTTPQuery = [:], headers: HTTPHeaders = [:],
    body: [UInt8] = [], remote: IPAddress = .v4(0x7f00_0001)
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.remote = remote
  }

  /// Whether the connection comes from this machine.
  package var isLoopback: Bool { remote.isLoopback }
}
