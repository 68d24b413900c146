import Glibc
import HTTP
import Support
import TestSupport
import Testing

@Suite struct HTTPServerLifecycleTests {
  @Test func finishesARunningRequest() async throws {
    let gate = Gate()
    let server = try makeServer(gate)
    let port = server.port
    let idle = try RawHTTP(port: port)
    #expect(try idle.get("/").text == "ok")
    let running = try RawHTTP(port: port)
    running.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
    gate.waitUntilEntered()
    let stopping = Thread { server.stop(within: .seconds(60)) }
    #expect(idle.isClosed())
    #expect((try? RawHTTP(port: port))?.isClosed() ?? true)
    gate.open()
    #expect(try running.response().text == "done")
    #expect(running.isClosed())
    stopping.join()
    #expect(throws: RawHTTP.Failure.refused) { try RawHTTP(port: port) }
    server.stop()
  }

  @Test func graceEndsForASlowUpload() throws {
    let server = try makeServer(Gate())
    let client = try RawHTTP(port: server.port)
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")
    #expect(try RawHTTP(port: server.port).get("/").text == "ok")
    server.stop(within: .milliseconds(1))
    #expect(client.isClosed())
  }

  @Test func lettingGoOfTheServerFreesThePort() throws {
    var server: HTTPServer? = try makeServer(Gate())
    let port = try #require(server?.port)
    #expect(try RawHTTP(port: port).get("/").text == "ok")
    server = nil
    #expect(throws: RawHTTP.Failure.refused) { try RawHTTP(port: port) }
    server = try makeServer(Gate(), port: port)
    #expect(server?.port == port)
  }

  @Test func startingSaysWhyItCannot() throws {
    let server = try HTTPServer(options: options(), router: Router())
    let address = "127.0.0.1:\(server.port)"
    let error = #expect(throws: HTTPServerError.inUse(address)) {
      try HTTPServer(options: options(port: server.port), router: Router())
    }
    #expect(
      error?.description == "\(address) is already in use: another sidelight, or set listen:")
    #expect(throws: HTTPServerError.badAddress("localhost")) {
      try HTTPServer(options: options("localhost"), router: Router())
    }
    #expect(throws: HTTPServerError.notOurs("192.0.2.1:0")) {
      try HTTPServer(options: options("192.0.2.1"), router: Router())
    }
    #expect(
      HTTPServerError.badAddress("localhost").description
        == "cannot listen on \"localhost\": not an IPv4 or IPv6 address, such as 127.0.0.1 or ::1")
  }

  private func options(_ address: String = "127.0.0.1", port: UInt16 = 0) -> WebOptions {
    var options = WebOptions()
    options.address = address
    options.port = port
    return options
  }

  private func makeServer(_ gate: Gate, port: UInt16 = 0) throws -> HTTPServer {
    var router = Router()
    router.on(.get, "/") { _ in .text("ok") }
    router.on(.post, "/") { _ in .text("ok") }
    router.on(.get, "/slow") { _ in
      gate.pass()
      return .text("done")
    }
    return try HTTPServer(options: options(port: port), router: router)
  }
}

/// Where a handler waits for its test.
private final class Gate: Sendable {
  private let entered = Semaphore()
  private let opened = Semaphore()

  func pass() {
    entered.signal()
    opened.wait()
  }

  func waitUntilEntered() { entered.wait() }

  func open() { opened.signal() }
}

/// `@unchecked Sendable`: the semaphore is made for several threads and keeps its address.
private final class Semaphore: @unchecked Sendable {
  private let value = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(value, 0, 0) }

  deinit {
    sem_destroy(value)
    value.deallocate()
  }

  func signal() { sem_post(value) }

  func wait() { sem_wait(value) }
}

/// A thread that runs `body` once.
private struct Thread {
  private let done = Semaphore()

  init(_ body: @escaping @Sendable () -> Void) {
    let done = done
    var thread = pthread_t()
    let work = Unmanaged.passRetained(
      Work {
        body()
        done.signal()
      })
    pthread_create(
      &thread, nil,
      {
        if let work = $0 { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    pthread_detach(thread)
  }

  func join() { done.wait() }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
