import FoundationEssentials
import Support
import TestSupport
import Testing

@testable import HTTP

/// Users at the server itself; their password is `U*U`.
@Suite struct LoginTests {
  private let clock = ManualClock()

  private func makeServer(_ change: (inout WebOptions) -> Void = { _ in }) throws -> HTTPServer {
    var options = WebOptions()
    (options.address, options.port) = ("0.0.0.0", 0)
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
    options.access.users = ["anna": try #require(PasswordHash(hash))]
    change(&options)
    var router = Router()
    router.on(.get, "/") { _ in .text("in") }
    router.on(.get, "/metrics") { _ in .text("up 1\n") }
    router.on(.post, "/echo", maxBody: 1000) { HTTPResponse(body: $0.body) }
    router.on(.post, "/guarded", needsToken: true) { _ in .text("guarded") }
    return try HTTPServer(options: options, router: router, clock: clock.clock)
  }

  // anna:U*U, anna:wrong, nobody:U*U
  private static let right = "Authorization: Basic YW5uYTpVKlU="
  private static let wrong = "Authorization: Basic YW5uYTp3cm9uZw=="
  private static let unknown = "Authorization: Basic bm9ib2R5OlUqVQ=="

  private func attempt(_ number: Int) -> String {
    "Authorization: Basic \(Data("anna:\(number)".utf8).base64EncodedString())"
  }

  @Test func thePasswordLetsIn() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    let refused = try client.get("/")
    #expect(refused.status == 401)
    #expect(refused.headers["www-authenticate"] == "Basic realm=\"sidelight\", charset=\"UTF-8\"")
    for _ in 0..<2 {
      #expect(try client.get("/", headers: [Self.right]).text == "in")
      #expect(try client.get("/", headers: [Self.wrong]).status == 401)
      #expect(try client.get("/", headers: [Self.unknown]).status == 401)
    }
    #expect(try client.get("/metrics").text == "up 1\n")
    #expect(try client.get("/metrics", headers: [Self.wrong]).text == "up 1\n")
  }

  @Test func aBodyWaitsForThePassword() throws {
    for header in ["", "Expect: 100-continue\r\n"] {
      let server = try makeServer()
      let client = try RawHTTP(port: server.port)
      client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\n\(Self.right)\r\n\(header)Content-Length: 5\r\n\r\n")
      if !header.isEmpty { #expect(try client.response().status == 100) }
      client.send("hello")
      #expect(try client.response().text == "hello")
      client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\n\(Self.wrong)\r\nContent-Length: 5\r\n\r\nhello")
      #expect(try client.response().status == 401)
      #expect(try client.get("/", headers: [Self.right]).text == "in")
    }
  }

  @Test func requestsThatFollowWaitTheirTurn() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    let request = "GET / HTTP/1.1\r\nHost: a\r\n"
    client.send(
      "\(request)\(Self.right)\r\n\r\n\(request)\r\n\(request)\(Self.unknown)\r\n\r\n"
        + "\(request)\(Self.right)\r\n\r\n")
    #expect(try (0..<4).map { _ in try client.response().status } == [200, 401, 401, 200])
  }

  @Test func whoGuessesIsSlowedAndNobodyElse() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    for number in 0..<20 {
      #expect(try client.get("/", headers: [attempt(number)]).status == 401)
    }
    // Even the right password, or there would be no harm in guessing on.
    for header in [attempt(20), Self.right] {
      let slowed = try client.get("/", headers: [header])
      #expect(slowed.status == 429)
      #expect(slowed.headers["retry-after"] == "6")
    }
    #expect(try client.get("/").status == 401)
    #expect(try client.get("/metrics", headers: [Self.wrong]).status == 200)
    let other = try RawHTTP(port: server.port, from: "127.0.0.2")
    #expect(try other.get("/", headers: [Self.right]).status == 200)
    clock.advance(.seconds(6))
    #expect(try client.get("/", headers: [Self.right]).status == 200)
    #expect(try client.get("/", headers: [attempt(21)]).status == 401)
    #expect(try client.get("/", headers: [Self.right]).status == 429)
  }

  @Test func repeatingOneWrongPasswordIsNoGuessing() throws {
    let server = try makeServer { $0.token = "t" }
    let client = try RawHTTP(port: server.port)
    for _ in 0..<50 {
      #expect(try client.get("/", headers: [Self.wrong]).status == 401)
      #expect(try client.get("/", headers: ["Authorization: Bearer u"]).status == 401)
    }
    #expect(try client.get("/", headers: ["Authorization: Bearer t"]).status == 200)
    for number in 0..<18 {
      #expect(try client.get("/", headers: ["Authorization: Bearer \(number)"]).status == 401)
    }
    #expect(try client.get("/", headers: ["Authorization: Bearer t"]).status == 429)
  }

  @Test func manyAtOnceGainNothing() throws {
    let server = try makeServer()
    let clients = try (0..<30).map { _ in try RawHTTP(port: server.port) }
    for (number, client) in clients.enumerated() {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\(attempt(number))\r\n\r\n")
    }
    let statuses = try clients.map { try $0.response().status }
    #expect(statuses.count { $0 == 401 } == 20)
    #expect(statuses.count { $0 == 429 } == 10)
  }

  @Test func otherUsersFromNowOn() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    #expect(try client.get("/", headers: [Self.right]).status == 200)
    var options = WebOptions()
    options.address = "0.0.0.0"
    options.access.headers = [HTTPHeaders.Field(name: "X-Frame-Options", value: "sameorigin")]
    server.allow(options)
    let refused = try client.get("/", headers: [Self.right])
    #expect(refused.status == 403)
    #expect(refused.headers["x-frame-options"] == "sameorigin")
  }

  @Test func tokenRoutesTakeNoPassword() throws {
    let server = try makeServer { $0.token = "t" }
    let client = try RawHTTP(port: server.port)
    let post = "POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
    client.send("\(post)\(Self.right)\r\n\r\n\(post)Authorization: Bearer t\r\n\r\n")
    let refused = try client.response()
    #expect(refused.status == 401)
    #expect(refused.headers["www-authenticate"]?.hasPrefix("Bearer ") == true)
    #expect(try client.response().text == "guarded")
  }

  @Test func rateOfAllRequests() throws {
    let server = try makeServer {
      $0.access.rateLimit = WebAccess.RateLimit(interval: .seconds(2), burst: 3)
    }
    let client = try RawHTTP(port: server.port)
    #expect(try (0..<4).map { _ in try client.get("/metrics").status } == [200, 200, 200, 429])
    #expect(try client.get("/metrics").headers["retry-after"] == "2")
    clock.advance(.seconds(2))
    #expect(try (0..<2).map { _ in try client.get("/metrics").status } == [200, 429])
  }

  @Test func endsWhilePasswordsAreComputed() throws {
    let server = try makeServer()
    let clients = try (0..<10).map { _ in try RawHTTP(port: server.port) }
    for (number, client) in clients.enumerated() {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\(attempt(number))\r\n\r\n")
    }
    server.stop(within: .seconds(0))
    // Answered or not, but all of them closed.
    for client in clients {
      _ = try? client.response()
      #expect(client.isClosed())
    }
  }
}
