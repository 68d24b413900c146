import Support
import TestSupport
import Testing

@testable import HTTP

@Suite struct ClientFailureTests {
  private static let short = ClientLimits(total: .milliseconds(300))

  @Test func refusedConnection() async throws {
    let server = ScriptedServer { _ in [] }
    let origin = server.origin
    server.stop()
    let error = try await newClient().failure(origin)
    #expect(error == ClientError(.refused, "the connection was refused", origin: origin))
    #expect(error?.description == "\(origin): the connection was refused")
  }

  @Test func unknownName() async throws {
    let error = try await newClient().failure("http://nowhere.invalid/")
    #expect(error?.kind == .nameNotFound)
    #expect(error?.description == "http://nowhere.invalid: the host name was not found")
  }

  @Test func noAnswer() async throws {
    let server = ScriptedServer { _ in [.hang] }
    let error = try await newClient().failure(server.origin, limits: Self.short)
    #expect(error?.kind == .timeout)
    #expect(error?.reason == "no answer within 0.3 s")
  }

  @Test func halfAnAnswer() async throws {
    let server = ScriptedServer { _ in
      [ScriptedServer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), .hang]
    }
    let error = try await newClient().failure(server.origin, limits: Self.short)
    #expect(error?.kind == .timeout)
    #expect(error?.reason == "the answer was not complete within 0.3 s")
  }

  @Test func noSlotInTime() async throws {
    let server = ScriptedServer { _ in [.hang] }
    let client = try newClient { $0.concurrent = 1 }
    let origin = server.origin
    async let first = client.failure(origin, limits: ClientLimits(total: .seconds(3)))
    while server.requests.isEmpty { await Task.yield() }
    let second = await client.failure(origin, limits: Self.short)
    #expect(second?.kind == .timeout)
    #expect(second?.reason == "no slot was free within 0.3 s")
    client.stop()
    #expect(await first?.kind == .stopped)
  }

  @Test(arguments: [
    (ScriptedServer.Step.close, "the connection ended without an answer"),
    (.reset, "the connection ended before the answer did"),
  ])
  func connectionEndsBeforeTheAnswer(step: ScriptedServer.Step, reason: String) async throws {
    let server = ScriptedServer { _ in [step] }
    let error = try await newClient().failure(server.origin)
    #expect(error?.kind == .cutOff)
    #expect(error?.reason == reason)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
  ])
  func connectionEndsWithinTheAnswer(sent: String) async throws {
    let server = ScriptedServer { _ in [ScriptedServer.send(sent), .close] }
    let error = try await newClient().failure(server.origin)
    #expect(error?.kind == .cutOff)
    #expect(error?.reason == "the connection ended before the answer did")
  }

  @Test(arguments: [
    "SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{1}\u{2}\u{3}garbage", "HTTP/9.9 what\r\n\r\n",
    "<html></html>\r\n\r\n",
  ])
  func garbage(sent: String) async throws {
    let server = ScriptedServer { _ in [ScriptedServer.send(sent), .close] }
    let error = try await newClient().failure(server.origin)
    #expect(error?.kind == .notHTTP)
    #expect(error?.reason == "what answered does not speak HTTP")
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n",
  ])
  func hugeBody(head: String) async throws {
    let server = ScriptedServer { _ in
      [
        ScriptedServer.send(head), .flood([UInt8](repeating: 0x61, count: 65_536), times: 1),
        ScriptedServer.send("\r\n10000\r\n"),
        .flood([UInt8](repeating: 0x61, count: 65_536), times: 500),
      ]
    }
    var limits = ClientLimits()
    limits.body = 100_000
    let error = try await newClient().failure(server.origin, limits: limits)
    #expect(error?.kind == .tooLarge)
    #expect(error?.reason == "its answer has more than 100000 bytes")
  }

  @Test func bodyAsLargeAsAllowed() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer(200, "12345")] }
    var limits = ClientLimits()
    limits.body = 5
    #expect(try await newClient().get(server.origin, limits: limits).body.count == 5)
    limits.body = 4
    #expect(try await newClient().failure(server.origin, limits: limits)?.kind == .tooLarge)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n", "X-A: b\r\n"), ("HTTP/1.1 200 OK\r\n", "X-A: \(wide)\r\n"),
    ("", "HTTP/1.1 103 Early\r\n\r\n"),
  ])
  func endlessHeader(beginning: String, line: String) async throws {
    let server = ScriptedServer { _ in
      [ScriptedServer.send(beginning), .flood(Array(line.utf8), times: 1_000_000)]
    }
    let error = try await newClient().failure(server.origin)
    #expect(error?.kind == .tooLarge)
    #expect(error?.reason == "its header has more than 65536 bytes or 200 lines")
  }

  private static let wide = String(repeating: "x", count: 900)

  @Test func tooManyAtOnce() async throws {
    let server = ScriptedServer { _ in [.hang] }
    let client = try newClient { $0.capacity = 1 }
    let origin = server.origin
    async let first = client.failure(origin)
    while server.requests.isEmpty { await Task.yield() }
    let error = await client.failure(origin)
    #expect(error?.kind == .busy)
    #expect(error?.reason == "1 requests are under way already")
    client.stop()
    #expect(await first?.kind == .stopped)
    // What has ended makes room, and what is stopped says so.
    #expect(await client.failure(origin)?.kind == .stopped)
  }

  @Test(arguments: [1, 64])
  func cancellation(concurrent: Int) async throws {
    let server = ScriptedServer { _ in [.hang] }
    let client = try newClient { $0.concurrent = concurrent }
    let origin = server.origin
    let tasks = (0..<2).map { _ in Task { await client.failure(origin) } }
    while server.requests.count < min(2, concurrent) { await Task.yield() }
    for task in tasks.reversed() {
      task.cancel()
      #expect(await task.value?.kind == .cancelled)
    }
  }

  @Test func cancelledBeforeItBegan() async throws {
    let server = ScriptedServer { _ in [.hang] }
    let client = try newClient()
    let origin = server.origin
    let gate = Task {
      while !Task.isCancelled { await Task.yield() }
      return await client.failure(origin)
    }
    gate.cancel()
    #expect(await gate.value?.kind == .cancelled)
  }

  @Test(arguments: [
    ("X-A", "b\r\nX-C: d"), ("X-A", "b\nc"), ("X-A", "b\0"), ("X A", "b"), ("", "b"), ("X:", "b"),
  ])
  func headersThatWouldSmuggle(name: String, value: String) async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer()] }
    let client = try newClient()
    let url = try ClientURL(server.origin)
    await #expect(throws: ClientError.self) {
      try await client.send(ClientRequest(url, headers: [name: value]))
    }
    await #expect(throws: ClientError.self) {
      try await client.send(ClientRequest(url, method: HTTPMethod(rawValue: "GET / HTTP/1.1\r\n")))
    }
    #expect(server.requests.isEmpty)
  }
}
