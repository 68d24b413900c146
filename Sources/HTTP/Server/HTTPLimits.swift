package import Support

/// What one client, and all of them together, may take of the server.
package struct HTTPLimits: Sendable {
  /// Connections in all; each of the two threads takes half.
  package var connections: UInt32 = 256
  /// Connections from one address.
  package var connectionsPerAddress: UInt32
  /// Bytes of memory for one connection: request line, headers and the piece of body at hand.
  package var connectionMemory = 32 << 10
  /// Bytes of a request target before 414.
  package var target = 4 << 10
  /// Bytes of an unwanted body that are read and thrown away, so that the client gets to see the
  /// answer rather than a reset connection.
  package var discard = 1 << 20
  /// Bytes of answers that are not sent yet, over all connections, before 503.
  package var pending = 64 << 20
  /// Bytes of bodies whose requests are not answered yet, over all connections, before 429; every
  /// body may have its first 8 KiB besides.
  package var uploads = 16 << 20
  /// From the connection, or the request line, to the end of the headers.
  package var head = TimeSpan.seconds(10)
  /// From the end of the headers to the end of the body.
  package var body = TimeSpan.seconds(30)
  /// From the end of the body to the answer of a handler that answers later, before 503.
  package var handler = TimeSpan.seconds(10)
  /// From the handler's answer to its last byte sent.
  package var answer = TimeSpan.seconds(60)
  /// From an answer to the next request line; longer than Prometheus' default scrape interval.
  package var keepAlive = TimeSpan.seconds(75)
  /// How often deadlines are looked at.
  package var sweep = TimeSpan.milliseconds(250)

  /// The limits for a server that listens on loopback, or not.
  ///
  /// On loopback all clients, or a reverse proxy for them, share one address: half of all.
  /// Elsewhere 32: enough for a browser and two Prometheus servers behind one address, and it
  /// takes eight hosts to occupy the server.
  package init(onLoopback: Bool) {
    connectionsPerAddress = onLoopback ? 128 : 32
  }
}
