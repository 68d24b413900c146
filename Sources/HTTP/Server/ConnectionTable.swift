import Support

/// Where each open connection stands and until when it may; pure, so that time is a parameter.
///
/// The library's own timeout starts anew with each byte; these deadlines do not, so a client that
/// trickles bytes cannot keep its connection.
struct ConnectionTable {
  /// What a connection is doing.
  enum Phase: Equatable {
    /// Between requests, or before the first one.
    case idle
    /// Between request line and end of the headers.
    case head
    /// Between end of the headers and handler.
    case body
    /// In the handler (0 bytes), or an answer of so many bytes is being sent.
    case answer(bytes: Int)
  }

  private struct Connection {
    var phase: Phase
    var deadline: Timestamp

    var isBeforeRequest: Bool { phase == .idle || phase == .head }
  }

  private let limits: HTTPLimits
  private var connections: [Int32: Connection] = [:]
  /// Bytes of all answers that are being sent.
  private(set) var pending = 0
  /// Set once no further request is welcome.
  private(set) var isClosing = false

  init(limits: HTTPLimits) { self.limits = limits }

  /// Connections with a request whose head is complete and whose answer is not.
  var busy: Int { connections.values.count { !$0.isBeforeRequest } }

  /// Starts the clock of a new connection, which has as long as a head for its first request line.
  mutating func open(_ socket: Int32, at now: Timestamp) {
    connections[socket] = Connection(phase: .idle, deadline: now + limits.head)
  }

  /// Moves a connection on; false if the answer must wait for others to be sent first.
  ///
  /// A single answer is welcome whatever its size, and so is one of a few bytes.
  mutating func enter(_ phase: Phase, _ socket: Int32, at now: Timestamp) -> Bool {
    guard let connection = connections[socket] else { return true }
    if case .answer(let bytes) = phase, bytes > 4096, pending > 0, pending + bytes > limits.pending
    {
      return false
    }
    release(connection)
    if case .answer(let bytes) = phase { pending += bytes }
    connections[socket] = Connection(phase: phase, deadline: now + allowance(phase))
    return true
  }

  /// Forgets a connection, which the library is about to close.
  mutating func close(_ socket: Int32) {
    if let connection = connections.removeValue(forKey: socket) { release(connection) }
  }

  /// Connections whose time is up, or, while closing, that have no request under way.
  func overdue(at now: Timestamp) -> [Int32] {
    connections.filter { $1.deadline <= now || isClosing && $1.isBeforeRequest }.map(\.key)
  }

  /// From now on connections without a complete head are overdue at once.
  mutating func beginClosing() { isClosing = true }

  private func allowance(_ phase: Phase) -> TimeSpan {
    switch phase {
    case .idle: limits.keepAlive
    case .head: limits.head
    case .body: limits.body
    case .answer: limits.answer
    }
  }

  private mutating func release(_ connection: Connection) {
    if case .answer(let bytes) = connection.phase { pending -= bytes }
  }
}
