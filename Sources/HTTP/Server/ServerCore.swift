import Glibc
import Support

/// What the library's threads share: the rules, and the deadlines of all connections.
final class ServerCore: Sendable {
  let dispatcher: Dispatcher
  let gatekeeper: Gatekeeper
  let clock: WallClock
  /// What new connections speak TLS by, and what every answer carries; replaced by a reload.
  private let access: Locked<(tls: TLSContext?, headers: ResponseHeaders)>
  private let table: Locked<ConnectionTable>
  private let deferred = DeferredAnswers()

  init(dispatcher: Dispatcher, options: WebOptions, clock: WallClock) {
    self.dispatcher = dispatcher
    gatekeeper = Gatekeeper(options, clock: clock)
    self.clock = clock
    access = Locked((options.access.tls, ResponseHeaders(options.access.headers)))
    table = Locked(ConnectionTable(limits: dispatcher.limits))
  }

  /// What a new connection speaks TLS by; nil for plain HTTP.
  var tls: TLSContext? { access.withLock { $0.tls } }

  /// Answers by other options from now on; whether TLS is spoken stays as it was.
  func allow(_ options: WebOptions) {
    gatekeeper.allow(options)
    access.withLock { access in
      access.headers = ResponseHeaders(options.access.headers)
      if access.tls != nil, let tls = options.access.tls { access.tls = tls }
    }
  }

  /// `response` with the header lines that every answer carries.
  func complete(_ response: HTTPResponse) -> HTTPResponse {
    access.withLock { $0.headers }.complete(response)
  }

  /// Whether a new connection is welcome.
  var isAccepting: Bool { table.withLock { !$0.isClosing } }

  /// How many requests are being read or answered.
  var busy: Int { table.withLock { $0.busy } }

  /// Starts the deadline of a new connection.
  func opened(_ socket: Int32) {
    let now = clock.now()
    table.withLock { $0.open(socket, at: now) }
  }

  /// Must be called while `socket` is still open: its number may be another's right after.
  func closed(_ socket: Int32) {
    table.withLock { $0.close(socket) }
  }

  /// Moves a connection on and starts the deadline of `phase`; false for an answer that does not
  /// fit beside those being sent.
  @discardableResult
  func enter(_ phase: ConnectionTable.Phase, _ socket: Int32) -> Bool {
    let now = clock.now()
    return table.withLock { $0.enter(phase, socket, at: now) }
  }

  /// `response`, or 503 if it does not fit beside the answers that are being sent.
  func reserve(_ response: HTTPResponse, _ socket: Int32) -> HTTPResponse {
    if enter(.answer(bytes: response.body.count), socket) { return response }
    var busy = HTTPResponse.error(
      503, "busy", "too much is waiting to be sent to slow clients; ask again")
    busy.headers["Retry-After"] = "5"
    enter(.answer(bytes: busy.body.count), socket)
    return busy
  }

  /// Puts a connection to sleep until its answer is there; nil once the server closes.
  func `defer`(_ connection: LibraryConnection) -> DeferredAnswer? {
    deferred.begin(connection, until: clock.now() + dispatcher.limits.handler)
  }

  /// Gives up on every answer that is still waited for.
  func closeDeferred() { deferred.close() }

  /// Shuts down connections whose time is up; the library then notices and closes them.
  ///
  /// Done under the lock, which `closed` needs too: no number in the table can be one that was
  /// closed and given out anew.
  func sweep() {
    let now = clock.now()
    deferred.sweep(now: now)
    table.withLock { table in
      for socket in table.overdue(at: now) { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  /// Turns new connections and further requests away.
  func beginClosing() {
    table.withLock { $0.beginClosing() }
    sweep()
  }
}
