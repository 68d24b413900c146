import HTTP
import Support
import TestSupport
import Testing

/// Handlers that answer later.
@Suite struct DeferredAnswerTests {
  /// Requests that a test answers itself.
  private final class Desk: Sendable {
    typealias Answer = @Sendable (HTTPResponse) -> Void
    private let waiting = Locked<[(body: String, answer: Answer)]>([])

    func take(_ request: HTTPRequest, _ answer: @escaping Answer) {
      let body = String(decoding: request.body, as: UTF8.self)
      waiting.withLock { $0.append((body, answer)) }
    }

    var count: Int { waiting.withLock { $0.count } }

    func answerAll() {
      let all = waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
      for (body, answer) in all { answer(.text("later \(body)")) }
    }
  }

  private let desk = Desk()

  private func makeServer(_ change: (inout HTTPLimits) -> Void = { _ in }) throws -> HTTPServer {
    var options = WebOptions()
    options.port = 0
    var limits = HTTPLimits(onLoopback: true)
    change(&limits)
    let desk = desk
    var router = Router()
    router.on(.get, "/now") { _ in .text("now") }
    router.on(.post, "/now", maxBody: 1 << 20) { .text("\($0.body.count)") }
    router.on(.post, "/at-once", later: { $1(.text("at once \($0.body.count)")) })
    router.on(.post, "/later", maxBody: 1 << 20, later: { desk.take($0, $1) })
    return try HTTPServer(options: options, router: router, limits: limits)
  }

  private func post(_ client: RawHTTP, _ path: String, _ body: String) {
    client.send(
      "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    )
  }

  private func wait(_ server: HTTPServer, for count: Int) throws {
    // Each question to the server gives its threads time.
    let client = try RawHTTP(port: server.port)
    for _ in 0..<10_000 where desk.count < count { _ = try client.get("/now") }
    #expect(desk.count == count)
  }

  @Test func othersAreServedMeanwhile() throws {
    let server = try makeServer()
    let waiting = try (0..<20).map { _ in try RawHTTP(port: server.port) }
    for (number, client) in waiting.enumerated() { post(client, "/later", "\(number)") }
    try wait(server, for: 20)
    desk.answerAll()
    for (number, client) in waiting.enumerated() {
      #expect(try client.response().text == "later \(number)")
      #expect(try client.get("/now").text == "now")
    }
  }

  @Test func theHandlerMayAnswerAtOnce() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    for _ in 0..<50 {
      post(client, "/at-once", "abc")
      #expect(try client.response().text == "at once 3")
    }
  }

  @Test func whoeverWaitsTooLongIsTold() throws {
    let server = try makeServer {
      $0.handler = .milliseconds(20)
      $0.sweep = .milliseconds(5)
    }
    let client = try RawHTTP(port: server.port)
    post(client, "/later", "x")
    let response = try client.response()
    #expect(response.status == 503)
    #expect(response.headers["retry-after"] == "5")
    #expect(
      response.text
        == "{\"error\":{\"code\":\"not_in_time\",\"message\":\"this could not be done in time; send it "
        + "again\"}}\n")
    // Too late, and for a connection that may be gone.
    desk.answerAll()
    #expect(try client.get("/now").text == "now")
  }

  @Test func clientsThatWentAwayHarmNobody() throws {
    let server = try makeServer()
    do {
      let client = try RawHTTP(port: server.port)
      post(client, "/later", "x")
      try wait(server, for: 1)
    }
    desk.answerAll()
    #expect(try RawHTTP(port: server.port).get("/now").text == "now")
  }

  @Test func aStopAnswersWhoWaits() throws {
    let server = try makeServer()
    let client = try RawHTTP(port: server.port)
    post(client, "/later", "x")
    try wait(server, for: 1)
    server.stop(within: .milliseconds(1))
    #expect(try client.response().status == 503)
    #expect(client.isClosed())
    desk.answerAll()
  }

  @Test func bodiesOfAllTogetherAreBounded() throws {
    let server = try makeServer { $0.uploads = 200_000 }
    let first = try RawHTTP(port: server.port)
    let large = String(repeating: "x", count: 150_000)
    post(first, "/later", large)
    try wait(server, for: 1)
    let second = try RawHTTP(port: server.port)
    post(second, "/now", large)
    let response = try second.response()
    #expect(response.status == 429)
    #expect(response.headers["retry-after"] == "1")
    let small = try RawHTTP(port: server.port)
    post(small, "/now", "small")
    #expect(try small.response().text == "5")
    desk.answerAll()
    #expect(try first.response().status == 200)
    #expect(try first.get("/now").text == "now")
    let third = try RawHTTP(port: server.port)
    post(third, "/now", large)
    #expect(try third.response().text == "\(large.count)")
  }
}
