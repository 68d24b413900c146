import Glibc
import Support

/// A server on this machine that answers as a test's script says, however badly.
package final class ScriptedServer: Sendable {
  /// A request as it came in.
  package struct Request: Sendable, Equatable {
    package var method: String
    /// The target as written.
    package var path: String
    /// By name in lower case.
    package var headers: [String: String]
    package var body: [UInt8]
    /// Which connection it came on, from 0.
    package var connection: Int

    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// One thing done to answer.
  package enum Step: Sendable {
    case send([UInt8])
    /// Sends the same bytes that often, as fast as they are taken.
    case flood([UInt8], times: Int)
    /// Does nothing until the client hangs up or the server stops.
    case hang
    /// Waits until the test opens the gate.
    case wait(Gate)
    case close
    /// Ends the connection with a reset.
    case reset
  }

  /// Closed until opened, for good.
  package final class Gate: Sendable {
    fileprivate let isOpen = Locked(false)

    package init() {}

    package func open() { isOpen.withLock { $0 = true } }
  }

  /// What answers a request.
  package typealias Script = @Sendable (Request) -> [Step]

  private struct State: Sendable {
    var requests: [Request] = []
    var connections: [Int32] = []
    var threads: [WorkerThread] = []
    var opened = 0
    var isStopping = false
  }

  package let port: UInt16
  private let listener: Int32
  private let script: Script
  private let state = Locked(State())
  private let accepting = Locked<WorkerThread?>(nil)

  /// Listens on a port of the system's choice.
  package init(_ script: @escaping Script) {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    precondition(isListening, "no port to listen on")
    port = UInt16(bigEndian: address.sin_port)
    self.script = script
    start()
  }

  deinit { stop() }

  /// Such as `http://127.0.0.1:40231`.
  package var origin: String { "http://127.0.0.1:\(port)" }

  /// What came in until now.
  package var requests: [Request] { state.withLock { $0.requests } }

  /// How many connections were made until now.
  package var connections: Int { state.withLock { $0.opened } }

  /// Ends all connections and refuses new ones.
  package func stop() {
    guard
      let thread = accepting.withLock({ thread in
        defer { thread = nil }
        return thread
      })
    else { return }
    state.withLock { state in
      state.isStopping = true
      for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }
    shutdown(listener, Int32(SHUT_RDWR))
    thread.join()
    for thread in state.withLock({ $0.threads }) { thread.join() }
    close(listener)
  }

  /// The bytes of a whole answer with its length.
  package static func answer(
    _ status: Int = 200, _ body: String = "", headers: [String] = []
  ) -> Step {
    let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + headers
    return .send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
  }

  /// Raw text.
  package static func send(_ text: String) -> Step { .send(Array(text.utf8)) }

  // The threads hold the state and the script, not the server, which ends with the test.
  private func start() {
    let (listener, state, script) = (listener, state, script)
    let thread = WorkerThread.start(name: "scripted") {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Self.serve(connection, state, script)
      }
    }
    precondition(thread != nil, "no thread to serve")
    accepting.withLock { $0 = thread }
  }

  private static func serve(
    _ descriptor: Int32, _ state: Locked<State>, _ script: @escaping Script
  ) {
    let number: Int? = state.withLock { state in
      guard !state.isStopping else { return nil }
      state.connections.append(descriptor)
      defer { state.opened += 1 }
      return state.opened
    }
    guard let number else {
      close(descriptor)
      return
    }
    let thread = WorkerThread.start(name: "scripted") {
      let connection = ScriptedConnection(descriptor, number)
      while let request = connection.next() {
        state.withLock { $0.requests.append(request) }
        let goesOn = script(request).allSatisfy { step in
          connection.perform(step) { state.withLock { $0.isStopping } }
        }
        guard goesOn else { break }
      }
      state.withLock { $0.connections.removeAll { $0 == descriptor } }
      connection.end()
    }
    precondition(thread != nil, "no thread to serve")
    if let thread { state.withLock { $0.threads.append(thread) } }
  }
}

extension ScriptedServer.Gate {
  /// Waits until it is open; false once `isStopping`.
  func pass(_ isStopping: () -> Bool) -> Bool {
    while !isOpen.withLock({ $0 }) {
      if isStopping() { return false }
      poll(nil, 0, 2)
    }
    return true
  }
}
