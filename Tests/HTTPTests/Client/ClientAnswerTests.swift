import Support
import TestSupport
import Testing

@testable import HTTP

@Suite struct ClientAnswerTests {
  @Test func answersComeWithStatusHeadersAndBody() async throws {
    let server = ScriptedServer { _ in
      [ScriptedServer.answer(429, "slow down", headers: ["Retry-After:  7 ", "X-Empty:"])]
    }
    let response = try await newClient().get("\(server.origin)/a/b?c=d")
    #expect(response.status == 429)
    #expect(response.headers["retry-after"] == "7")
    #expect(response.headers["x-empty"] == "")
    #expect(String(decoding: response.body, as: UTF8.self) == "slow down")
    let request = try #require(server.requests.first)
    #expect(request.method == "GET")
    #expect(request.path == "/a/b?c=d")
    #expect(request.headers["user-agent"] == "sidelight")
    #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
    #expect(request.headers["accept-encoding"] == nil)
  }

  @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
  func bodiesAreSent(method: String) async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer(204)] }
    let body = [UInt8](repeating: 0, count: 3000) + Array("ü".utf8)
    let response = try await newClient().send(
      ClientRequest(
        ClientURL(server.origin), method: HTTPMethod(rawValue: method),
        headers: ["Content-Type": "application/json", "X-Nothing": ""], body: body))
    #expect(response.status == 204)
    let request = try #require(server.requests.first)
    #expect(request.method == method)
    #expect(request.body == body)
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["x-nothing"] == "")
    #expect(request.headers["expect"] == nil)
  }

  @Test func emptyPostHasALength() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer()] }
    _ = try await newClient().send(ClientRequest(ClientURL(server.origin), method: .post))
    #expect(server.requests.first?.headers["content-length"] == "0")
  }

  @Test func headHasNoBody() async throws {
    let server = ScriptedServer { _ in
      [ScriptedServer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")]
    }
    let response = try await newClient().send(
      ClientRequest(ClientURL(server.origin), method: .head))
    #expect(response == ClientResponse(status: 200, headers: ["Content-Length": "5"]))
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func redirectsAreAnswers(status: Int) async throws {
    let server = ScriptedServer { _ in
      [ScriptedServer.answer(status, headers: ["Location: http://127.0.0.1:1/"])]
    }
    let response = try await newClient().get(server.origin)
    #expect(response.status == status)
    #expect(response.headers["Location"] == "http://127.0.0.1:1/")
    #expect(server.requests.count == 1)
  }

  @Test func interimAnswersAreNotTheAnswer() async throws {
    let server = ScriptedServer { _ in
      [
        ScriptedServer.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        ScriptedServer.answer(200, "ok", headers: ["X-Final: 1"]),
      ]
    }
    let response = try await newClient().get(server.origin)
    #expect(response.headers["Link"] == nil)
    #expect(response.headers["X-Final"] == "1")
  }

  @Test func chunkedAnswersAreJoined() async throws {
    let server = ScriptedServer { _ in
      [
        ScriptedServer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
        ScriptedServer.send("3\r\ncde\r\n0\r\n\r\n"),
      ]
    }
    #expect(try await newClient().get(server.origin).body == Array("abcde".utf8))
  }

  @Test func connectionsAreReused() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer(200, "x")] }
    let client = try newClient()
    for _ in 0..<20 { _ = try await client.get(server.origin) }
    #expect(server.requests.count == 20)
    #expect(server.connections == 1)
  }

  @Test func connectionThatDiedMeanwhileIsReplaced() async throws {
    let server = ScriptedServer { request in
      [ScriptedServer.answer()] + (request.connection == 0 ? [.close] : [])
    }
    let client = try newClient()
    for _ in 0..<3 { #expect(try await client.get(server.origin).status == 200) }
    #expect(server.connections == 2)
  }

  @Test func cookiesAreNotKept() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer(headers: ["Set-Cookie: a=b"])] }
    let client = try newClient()
    for _ in 0..<2 { _ = try await client.get(server.origin) }
    #expect(server.requests.allSatisfy { $0.headers["cookie"] == nil })
  }

  @Test func userInformationIsSentAsBasicAuthentication() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer()] }
    _ = try await newClient().get("http://me:secret@127.0.0.1:\(server.port)/")
    #expect(server.requests.first?.headers["authorization"] == "Basic bWU6c2VjcmV0")
  }

  @Test func manyCallsAtOnceAllGetTheirOwnAnswer() async throws {
    let server = ScriptedServer { request in [ScriptedServer.answer(200, request.path)] }
    let client = try newClient { $0.concurrent = 8 }
    let origin = server.origin
    let bodies = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
      for number in 0..<200 {
        group.addTask { (number, try await client.get("\(origin)/\(number)").body) }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(bodies.count == 200)
    #expect(bodies.allSatisfy { $0.value == Array("/\($0.key)".utf8) })
    #expect(server.connections <= 8)
  }
}
