/// `listen:` and `web:` in the configuration.
package struct WebOptions: Sendable, Equatable {
  /// The address to listen on: an IPv4 or IPv6 address, never a name.
  package var address = "127.0.0.1"
  /// The port; 0 lets the system choose.
  package var port: UInt16 = 4010
  /// The bearer token that opens everything off loopback, without surrounding white space.
  package var token: String?
  /// Paths that need no token.
  package var open = ["/metrics", "/-/healthy", "/-/ready"]
  /// What `web.config_file` says, whose name is `configFile`.
  package var access = WebAccess()
  /// `config_file`, for TLS, users and headers; nil without one.
  package var configFile: String?
  /// `Host` header values answered without a token besides loopback ones.
  package var hosts: [String] = []

  /// Every default.
  package init() {}
}
