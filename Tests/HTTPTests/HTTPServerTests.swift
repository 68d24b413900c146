import HTTP
import Support
import TestSupport
import Testing

@Suite struct HTTPServerTests {
  private func makeServer(
    _ limits: HTTPLimits? = nil, _ change: (inout WebOptions) -> Void = { _ in }
  ) throws -> HTTPServer {
    var options = WebOptions()
    options.port = 0
    change(&options)
    var router = Router()
    router.on(.get, "/metrics") { _ in .text("up 1\n", type: "text/plain; version=0.0.4") }
    router.on(.get, "/large") { _ in HTTPResponse(body: largeBody) }
    router.on(.post, "/echo", maxBody: 100) { HTTPResponse(body: $0.body) }
    router.on(.post, "/count", maxBody: 1 << 20) { .text("\($0.body.count)") }
    router.on(.get, "/gate/{name}") { .text($0.parameter ?? "") }
    router.on(.get, "/query") { .text($0.query.all("by").joined(separator: "|")) }
    router.on(.get, "/who") { .text("\($0.remote) \($0.headers["x-UP"] ?? "-")") }
    router.on(.get, "/split") { _ in
      HTTPResponse(headers: ["X-Bad": "a\r\nX-Evil: b", "X-Good": "c"])
    }
    router.on(.get, "/empty") { _ in HTTPResponse(status: 204) }
    router.on(.post, "/guarded", needsToken: true) { _ in .text("in") }
    return try HTTPServer(options: options, router: router, limits: limits)
  }

  @Test func answersSeveralRequestsOnOneConnection() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    for _ in 0..<3 {
      let response = try client.get("/metrics")
      #expect(response.status == 200)
      #expect(response.text == "up 1\n")
      #expect(
        Set(response.headers.keys) == [
          "content-type", "content-length", "date", "x-content-type-options", "x-frame-options",
          "referrer-policy", "cross-origin-resource-policy", "content-security-policy",
          "cache-control",
        ])
      #expect(response.headers["content-type"] == "text/plain; version=0.0.4")
      #expect(response.headers["x-content-type-options"] == "nosniff")
    }
    client.send(
      "GET /gate/a HTTP/1.1\r\nHost: localhost\r\n\r\n"
        + "GET /gate/b HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    #expect(try client.response().text == "a")
    #expect(try client.response().text == "b")
  }

  @Test func closesWhenAskedTo() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    #expect(try client.get("/metrics", headers: ["Connection: close"]).status == 200)
    #expect(client.isClosed())
    let old = try RawHTTP(port: server.port)
    old.send("GET /metrics HTTP/1.0\r\n\r\n")
    #expect(try old.response().text == "up 1\n")
    #expect(old.isClosed())
  }

  @Test func headHasTheLengthButNoBody() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    for (path, length) in [("/metrics", 5), ("/large", largeBody.count)] {
      let response = try client.get(path, method: "HEAD")
      #expect(response.status == 200)
      #expect(response.headers["content-length"] == "\(length)")
    }
    #expect(try client.get("/metrics").text == "up 1\n")
  }

  @Test func unknownPathAndMethod() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    let missing = try client.get("/nowhere")
    #expect(missing.status == 404)
    #expect(
      missing.text
        == "{\"error\":{\"code\":\"not_found\",\"message\":\"there is nothing at /nowhere\"}}\n")
    let post = try client.get("/metrics", method: "POST", headers: ["Content-Length: 0"])
    #expect(post.status == 405)
    #expect(post.headers["allow"] == "GET, HEAD")
    #expect(try client.get("/echo", method: "BREW").headers["allow"] == "POST")
  }

  @Test func decodesTargetsOnce() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    #expect(try client.get("/gate/a%20b%2Fc%252").text == "a b/c%2")
    #expect(try client.get("/query?by=a%26b&x=1&by=c+d").text == "a&b|c d")
    for target in [
      "/gate/%", "/gate/%00", "/metrics%00", "/gate/%ff", "*", "/a b", "/query?by=%zz",
    ] {
      #expect(try client.get(target).status == 400, "\(target)")
    }
    #expect(try client.get("/metrics").status == 200)
  }

  @Test func passesRemoteAndHeaders() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    #expect(try client.get("/who", headers: ["X-Up: yes"]).text == "127.0.0.1 yes")
  }

  @Test func listensOnIPv6() throws {
    guard let server = try? makeServer(nil, { $0.address = "::1" }) else { return }
    let client = try RawHTTP(port: server.port, ipv6: true)
    #expect(try client.get("/who").text == "::1 -")
  }

  @Test func largeBodyArrivesWhole() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    #expect(try client.get("/large").body == largeBody)
    #expect(try client.get("/empty").status == 204)
  }

  @Test func headerWithALineBreakIsNotSent() throws {
    let server = try makeServer()
    let response = try RawHTTP(port: server.port).get("/split")
    #expect(response.headers["x-good"] == "c")
    #expect(response.headers["x-bad"] == nil)
    #expect(response.headers["x-evil"] == nil)
  }

  @Test func takesBodiesOfKnownAndUnknownLength() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel")
    client.send("lo")
    #expect(try client.response().text == "hello")
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in ["3\r\nhel\r\n", "2\r", "\nlo\r\n", "0\r\n\r\n"] { client.send(piece) }
    #expect(try client.response().text == "hello")
    let megabyte = String(repeating: "x", count: 1 << 20)
    client.send("POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(1 << 20)\r\n\r\n")
    client.send(megabyte)
    #expect(try client.response().text == "1048576")
  }

  @Test func bodyTooLargeIs413() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    let body = String(repeating: "x", count: 101)
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n\(body)")
    #expect(try client.response().status == 413)
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send("65\r\n\(body)\r\n0\r\n\r\n")
    let response = try client.response()
    #expect(response.status == 413)
    #expect(response.text.contains("the body is longer than the 100 bytes taken here"))
    #expect(try client.get("/metrics").status == 200, "the connection is still good")
  }

  @Test func hugeBodyIsNotWaitedFor() throws {
    let server = try makeServer()
    for header in ["Content-Length: 9999999999", "Content-Length: 101\r\nExpect: 100-continue"] {
      let client = try RawHTTP(port: server.port)
      client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\n\(header)\r\n\r\n")
      let response = try client.response()
      #expect(response.status == 413)
      #expect(response.headers["connection"] == "close")
      #expect(client.isClosed())
    }
    let endless = try RawHTTP(port: server.port)
    endless.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    let chunk = "10000\r\n\(String(repeating: "x", count: 1 << 16))\r\n"
    #expect((0..<1000).contains { _ in !endless.send(chunk) }, "64 MB were taken")
  }

  @Test func goAheadIsSentForAWelcomeBody() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    client.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    #expect(try client.response().status == 100)
    client.send("hi")
    #expect(try client.response().text == "hi")
  }

  @Test func longTargetAndHeaders() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    #expect(try client.get("/gate/" + String(repeating: "a", count: 4090)).status == 200)
    let long = try client.get("/gate/" + String(repeating: "a", count: 4091))
    #expect(long.status == 414)
    #expect(long.text.contains("the request target is longer than 4096 bytes"))
    #expect(
      try RawHTTP(port: server.port).get("/" + String(repeating: "a", count: 40_000)).status == 414)
    let header = "X-Big: " + String(repeating: "a", count: 40_000)
    #expect(try RawHTTP(port: server.port).get("/metrics", headers: [header]).status == 431)
    let many = (0..<2000).map { "X-\($0): a" }
    #expect(try RawHTTP(port: server.port).get("/metrics", headers: many).status == 431)
    #expect(try client.get("/metrics").status == 200)
  }

  @Test(arguments: [
    "GET /metrics\r\n\r\n", "GET /metrics HTTP/1.1\r\n\r\n",
    "GET /metrics HTTP/x\r\nHost: localhost\r\n\r\n",

    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nbroken\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
      + "Transfer-Encoding: chunked\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
  ])
  func garbageIsRefusedAndTheConnectionClosed(garbage: String) throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    client.send(garbage)
    #expect(try client.response().status == 400)
    #expect(client.isClosedAfterAll())
    #expect(try RawHTTP(port: server.port).get("/metrics").status == 200)
  }

  @Test(arguments: ["GET\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n", "\u{16}\u{3}\u{1}\n"])
  func whatIsNoRequestLineIsHungUpOn(garbage: String) throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    client.send(garbage)
    #expect(client.isClosed())
    #expect(try RawHTTP(port: server.port).get("/metrics").status == 200)
  }

  @Test func accessRulesHoldOnTheWire() throws {
    let server = try makeServer(nil) { $0.token = "secret" }
    let client = try RawHTTP(port: server.port)
    client.send("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    #expect(try client.response().status == 421)
    let length = "Content-Length: 0"
    let origin = ["Origin: https://evil.example", length]
    #expect(try client.get("/echo", method: "POST", headers: origin).status == 403)
    let none = try client.get("/guarded", method: "POST", headers: [length])
    #expect(none.status == 401)
    #expect(none.headers["www-authenticate"] == "Bearer realm=\"sidelight\"")
    let right = try client.get(
      "/guarded", method: "POST", headers: ["Authorization: Bearer secret", length])
    #expect(right.text == "in")
  }

  @Test func offLoopbackTheTokenIsNeeded() throws {
    let server = try makeServer(nil) {
      $0.address = "0.0.0.0"
      $0.token = "secret"
    }
    let client = try RawHTTP(port: server.port)
    #expect(try client.get("/metrics").status == 200)
    #expect(try client.get("/who").status == 401)
    #expect(try client.get("/nowhere").status == 401, "what there is does not show")
    #expect(try client.get("/who", headers: ["Authorization: Bearer secret"]).status == 200)
    // Refused with its body: the answer must not be lost to a reset connection.
    client.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n"
        + String(repeating: "x", count: 90_000))
    #expect(try client.response().status == 401)
    #expect(try client.get("/metrics").status == 200)
    let shut = try makeServer(nil) { $0.address = "0.0.0.0" }
    #expect(try RawHTTP(port: shut.port).get("/who").status == 403)
  }

  @Test func manyClientsAtOnce() async throws {
    let server = try makeServer()
    let port = server.port
    let answered = await withTaskGroup(of: Int.self) { group in
      for number in 0..<8 {
        group.addTask {
          guard let client = try? RawHTTP(port: port) else { return 0 }
          return (0..<100).count {
            let name = "\(number)-\($0)"
            return (try? client.get("/gate/\(name)").text) == name
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(answered == 800)
  }
}

/// Larger than every buffer on the way.
private let largeBody = (0..<5_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
