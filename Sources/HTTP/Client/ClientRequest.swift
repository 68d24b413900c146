package import Support

/// What to send, and how much of an answer to accept.
package struct ClientRequest: Sendable {
  /// Usually GET or POST.
  package var method: HTTPMethod
  /// Where to.
  package var url: ClientURL
  /// Sent as they are; the library adds `Host`, `Accept` and the body's length.
  package var headers: HTTPHeaders
  /// Sent if it is not empty, and with every POST and PUT.
  package var body: [UInt8]
  /// Bounds of this exchange.
  package var limits: ClientLimits

  /// A GET with the default limits, unless told otherwise.
  package init(
    _ url: ClientURL, method: HTTPMethod = .get, headers: HTTPHeaders = [:], body: [UInt8] = [],
    limits: ClientLimits = ClientLimits()
  ) {
    self.url = url
    self.method = method
    self.headers = headers
    self.body = body
    self.limits = limits
  }
}

/// Bounds of one exchange; what exceeds them is an error.
package struct ClientLimits: Sendable, Equatable {
  /// Until connected, name resolution and TLS included.
  package var connect: TimeSpan = .seconds(5)
  /// From `send` to the answer's last byte, waiting for a free slot included.
  package var total: TimeSpan = .seconds(10)
  /// Bytes of an answer's body.
  package var body = 1 << 20
  /// Bytes of an answer's header lines, interim answers included.
  package var headerBytes = 64 << 10
  /// Header lines of an answer, interim answers included.
  package var headerLines = 200

  /// The defaults.
  package init() {}

  /// The defaults with another time for the whole exchange.
  package init(total: TimeSpan) { self.total = total }
}

/// What a server answered, whatever its status: a redirect is an answer like any other.
package struct ClientResponse: Sendable, Equatable {
  /// Such as 200.
  package var status: Int
  /// Of the final answer, without those of interim ones.
  package var headers: HTTPHeaders
  /// As sent; no compression is asked for.
  package var body: [UInt8]

  /// Takes a response apart or, in tests, makes one.
  package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
