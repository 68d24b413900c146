import HTTP
import Support
import TestSupport
import Testing

@Suite struct HTTPServerLimitsTests {
  /// A server whose deadlines follow `clock` and are looked at every few milliseconds.
  private func makeServer(
    _ clock: ManualClock, _ router: Router, _ change: (inout HTTPLimits) -> Void = { _ in }
  ) throws -> HTTPServer {
    var options = WebOptions()
    options.port = 0
    var limits = HTTPLimits(onLoopback: true)
    limits.sweep = .milliseconds(2)
    change(&limits)
    return try HTTPServer(options: options, router: router, limits: limits, clock: clock.clock)
  }

  private var router: Router {
    var router = Router()
    router.on(.get, "/") { _ in .text("ok") }
    router.on(.post, "/") { .text("\($0.body.count)") }
    router.on(.get, "/large") { _ in HTTPResponse(body: [UInt8](repeating: 0, count: 20 << 20)) }
    return router
  }

  /// Lets a second pass and sends `crumb`, again and again, until the server has closed `client`.
  private func secondsUntilClosed(
    _ client: RawHTTP, _ clock: ManualClock, sending crumb: String, limit: Int = 500
  ) -> Int? {
    (1...limit).first { _ in
      clock.advance(.seconds(1))
      return !client.send(crumb) || client.isClosed(within: 5)
    }
  }

  @Test(arguments: [
    ("", "G"), ("GET / HTT", "P"), ("GET / HTTP/1.1\r\nHost: localhost\r\n", "X: y\r\n"),
    ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n", "x"),
    ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
  ])
  func trickleEndsAtTheDeadlineWhileOthersAreServed(start: String, crumb: String) throws {
    let clock = ManualClock()
    let server = try makeServer(clock, router)
    let slow = try RawHTTP(port: server.port)
    slow.send(start)
    #expect(try RawHTTP(port: server.port).get("/").text == "ok")
    #expect(secondsUntilClosed(slow, clock, sending: crumb) != nil)
    #expect(try RawHTTP(port: server.port).get("/").text == "ok")
  }

  @Test func idleConnectionIsClosed() throws {
    let clock = ManualClock()
    let server = try makeServer(clock, router)
    let client = try RawHTTP(port: server.port)
    for _ in 0..<5 {
      #expect(try client.get("/").text == "ok")
      clock.advance(.seconds(50))
    }
    #expect(secondsUntilClosed(client, clock, sending: "") != nil)
  }

  @Test func clientThatDoesNotReadIsClosed() throws {
    let clock = ManualClock()
    let server = try makeServer(clock, router) { $0.pending = 30 << 20 }
    let slow = try RawHTTP(port: server.port)
    slow.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    // Once its first bytes are here, its deadline has begun.
    #expect(!slow.isClosed())
    let other = try RawHTTP(port: server.port)
    #expect(try other.get("/large").status == 503)
    clock.advance(.seconds(61))
    let fits = try (1...5000).contains { _ in
      try RawHTTP(port: server.port).get("/large").status == 200
    }
    #expect(fits)
    #expect(throws: RawHTTP.Failure.self) { try slow.response() }
  }

  @Test func connectionsOfOneAddressAreLimited() throws {
    let clock = ManualClock()
    let server = try makeServer(clock, router) { $0.connectionsPerAddress = 3 }
    var clients: [RawHTTP] = []
    for _ in 0..<3 {
      clients.append(try RawHTTP(port: server.port))
      #expect(try clients.last?.get("/").text == "ok")
    }
    #expect(try RawHTTP(port: server.port).isClosed())
    #expect(try clients[0].get("/").text == "ok")
  }

  @Test func brokenOffRequestsDoNotCount() throws {
    let server = try makeServer(ManualClock(), router) { $0.connectionsPerAddress = 3 }
    for start in [
      "G", "GET / HTTP/1.1\r\nHost: l", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
    ] {
      for _ in 0..<20 { (try? RawHTTP(port: server.port))?.send(start) }
    }
    // The last of them may take the server a moment; the clock stands still meanwhile.
    let isServed = (1...5000).contains { _ in
      (try? RawHTTP(port: server.port).get("/").status) == 200
    }
    #expect(isServed)
  }

  @Test func answersThatPileUpAreRefused() throws {
    let server = try makeServer(ManualClock(), router) { $0.pending = 30 << 20 }
    let slow = try RawHTTP(port: server.port)
    slow.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    // Once its first bytes are here, the rest waits for the reader.
    #expect(!slow.isClosed())
    let other = try RawHTTP(port: server.port)
    let refused = try other.get("/large")
    #expect(refused.status == 503)
    #expect(refused.headers["retry-after"] == "5")
    #expect(try other.get("/").text == "ok")
    #expect(try slow.response().body.count == 20 << 20)
    #expect(try slow.get("/").text == "ok")
    #expect(try other.get("/large").status == 200)
  }
}
