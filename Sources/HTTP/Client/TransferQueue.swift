import Support

/// One request and the task that waits for its end.
struct TransferOrder: Sendable {
  var id: UInt64
  var request: ClientRequest
  /// By the monotonic clock.
  var deadline: Timestamp
  var continuation: CheckedContinuation<Result<ClientResponse, ClientError>, Never>

  /// Wakes the task; to be called exactly once, by whoever holds the order last.
  func fail(_ kind: ClientError.Kind, _ reason: String) {
    finish(.failure(ClientError(kind, reason, origin: request.url.origin)))
  }

  func finish(_ result: Result<ClientResponse, ClientError>) {
    continuation.resume(returning: result)
  }
}

/// What tasks ask of the client's thread.
final class TransferQueue: Sendable {
  /// What has come in since the thread last looked.
  struct News: Sendable {
    var orders: [TransferOrder] = []
    var cancelled: [UInt64] = []
    var isStopping = false
  }

  private struct State: Sendable {
    var news = News()
    /// Orders that were taken in and have not ended.
    var open = 0
    var last: UInt64 = 0
  }

  /// Sent with every piece of news.
  let wakeup: Wakeup
  private let capacity: Int
  private let state = Locked(State())

  init(capacity: Int, wakeup: Wakeup) {
    self.capacity = capacity
    self.wakeup = wakeup
  }

  func newIdentity() -> UInt64 {
    state.withLock { state in
      state.last += 1
      return state.last
    }
  }

  func submit(_ order: TransferOrder) {
    let refusal: ClientError.Kind? = state.withLock { state in
      if state.news.isStopping { return .stopped }
      if state.open >= capacity { return .busy }
      state.open += 1
      state.news.orders.append(order)
      return nil
    }
    switch refusal {
    case nil: wakeup.send()
    case .stopped: order.fail(.stopped, Self.stopped)
    case .some(let kind): order.fail(kind, "\(capacity) requests are under way already")
    }
  }

  func cancel(_ id: UInt64) {
    state.withLock { $0.news.cancelled.append(id) }
    wakeup.send()
  }

  func stop() {
    state.withLock { $0.news.isStopping = true }
    wakeup.send()
  }

  /// Hands the news over; `isStopping` stays set.
  func take() -> News {
    wakeup.drain()
    return state.withLock { state in
      defer { state.news = News(isStopping: state.news.isStopping) }
      return state.news
    }
  }

  /// Makes room for as many orders as have ended.
  func ended(_ count: Int) {
    guard count > 0 else { return }
    state.withLock { $0.open -= count }
  }

  static let stopped = "the client was stopped"
}
