import CMicroHTTPD
import Support

/// An answer that is waited for while its connection sleeps and the library's thread serves others.
///
/// The library touches no connection that sleeps, so the handle stays valid until it is woken, which
/// happens exactly once, with the first answer.
final class DeferredAnswer: Sendable {
  /// What the connection waited for.
  enum Outcome: Sendable {
    case response(HTTPResponse)
    /// Whether the request may be answered.
    case decision(AccessPolicy.Decision)
  }

  private enum State: Sendable {
    /// The library's handle of the connection, by its address.
    case waiting(connection: UInt)
    case answered(Outcome)
  }

  private let state: Locked<State>

  /// Puts the connection to sleep; to be called from the library's callback for it.
  fileprivate init(_ connection: LibraryConnection) {
    state = Locked(.waiting(connection: connection.address))
    connection.suspend()
  }

  /// What came of it, once the connection is awake again.
  var outcome: Outcome? {
    state.withLock { if case .answered(let outcome) = $0 { outcome } else { nil } }
  }

  /// The answer that was waited for.
  var response: HTTPResponse? {
    if case .response(let response) = outcome { response } else { nil }
  }

  /// Answers, from any thread; whatever comes after the first answer is ignored.
  func fulfil(_ outcome: Outcome) {
    state.withLock { state in
      guard case .waiting(let address) = state else { return }
      state = .answered(outcome)
      // Under the lock, so that the connection cannot be gone.
      LibraryConnection(address: address)?.resume()
    }
  }
}

/// All answers that are waited for, so that none is waited for too long.
final class DeferredAnswers: Sendable {
  private struct Entry: Sendable {
    var answer: DeferredAnswer
    var deadline: Timestamp
  }

  private struct State: Sendable {
    var entries: [Entry] = []
    var isClosed = false
  }

  private let state = Locked(State())

  /// Puts the connection to sleep until `deadline` at most; nil once closed.
  func begin(_ connection: LibraryConnection, until deadline: Timestamp) -> DeferredAnswer? {
    state.withLock { state in
      guard !state.isClosed else { return nil }
      let answer = DeferredAnswer(connection)
      state.entries.append(Entry(answer: answer, deadline: deadline))
      return answer
    }
  }

  /// Answers for those whose time is up, and forgets those that were answered.
  func sweep(now: Timestamp) {
    let overdue = state.withLock { state in
      let overdue = state.entries.filter { $0.deadline <= now }
      state.entries.removeAll { $0.deadline <= now || $0.answer.outcome != nil }
      return overdue
    }
    for entry in overdue { entry.answer.fulfil(.response(.notInTime)) }
  }

  /// Answers for all, now and from now on: the library must not be stopped with one asleep.
  func close() {
    let entries = state.withLock { state in
      state.isClosed = true
      defer { state.entries = [] }
      return state.entries
    }
    for entry in entries { entry.answer.fulfil(.response(.notInTime)) }
  }
}

extension HTTPResponse {
  /// 503: nobody answered in time.
  static var notInTime: HTTPResponse {
    var response = HTTPResponse.error(
      503, "not_in_time", "this could not be done in time; send it again")
    response.headers["Retry-After"] = "5"
    return response
  }
}
