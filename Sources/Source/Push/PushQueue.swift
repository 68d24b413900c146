import Support

/// A body that was posted, and who waits for what becomes of it.
package struct PushDelivery: Sendable {
  package var body: [UInt8]
  /// Packed with gzip.
  package var isPacked: Bool
  /// Called once, from any thread.
  package var answer: @Sendable (PushOutcome) -> Void

  /// A delivery that nobody has read yet.
  package init(
    body: [UInt8], isPacked: Bool, answer: @escaping @Sendable (PushOutcome) -> Void
  ) {
    self.body = body
    self.isPacked = isPacked
    self.answer = answer
  }
}

/// What became of a delivery.
package enum PushOutcome: Sendable, Equatable {
  /// Durable: `accepted` elements are new, the rest was known or could not be used.
  case stored(accepted: Int, duplicates: Int, rejected: Int)
  /// Nothing was counted; why.
  case malformed(String)
  /// Nothing was counted; what is too large.
  case tooLarge(String)
  /// It could not be committed and may be sent again.
  case unavailable
}

/// Deliveries on their way from the server's threads to the one that reads; its room is bounded.
package final class PushQueue: Sendable {
  /// Bodies that may wait, or be read and not committed.
  package static let mostDeliveries = 64
  /// Bytes of those bodies as they were sent.
  package static let mostBytes = 16 << 20

  private struct State: Sendable {
    var waiting: [PushDelivery] = []
    var deliveries = 0
    var bytes = 0
    var isClosed = false
  }

  private let state = Locked(State())
  /// Wakes the reader of this and of other things.
  package let onArrival: @Sendable () -> Void

  /// `onArrival` is called after each delivery, to wake its reader.
  package init(onArrival: @escaping @Sendable () -> Void = {}) { self.onArrival = onArrival }

  /// What came of an offer.
  package enum Acceptance: Sendable, Equatable {
    /// It will be answered.
    case taken
    /// There is no room now.
    case full
    /// Nobody reads any more.
    case closed
  }

  /// Takes a delivery in if there is room.
  package func offer(_ delivery: PushDelivery) -> Acceptance {
    let acceptance: Acceptance = state.withLock { state in
      if state.isClosed { return .closed }
      let fits = state.bytes == 0 || state.bytes + delivery.body.count <= Self.mostBytes
      guard fits, state.deliveries < Self.mostDeliveries else { return .full }
      state.waiting.append(delivery)
      state.deliveries += 1
      state.bytes += delivery.body.count
      return .taken
    }
    if acceptance == .taken { onArrival() }
    return acceptance
  }

  /// The oldest delivery; it keeps its room until it is answered.
  package func take() -> PushDelivery? {
    state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
  }

  package var isEmpty: Bool { state.withLock { $0.waiting.isEmpty } }

  /// Bytes of the bodies that were not taken yet.
  package var waitingBytes: Int { state.withLock { $0.waiting.reduce(0) { $0 + $1.body.count } } }

  /// Gives a delivery its answer, and its room back.
  package func answer(_ delivery: PushDelivery, _ outcome: PushOutcome) {
    state.withLock { state in
      state.deliveries -= 1
      state.bytes -= delivery.body.count
    }
    delivery.answer(outcome)
  }

  /// Turns away what waits.
  package func refuseAll() {
    while let delivery = take() { answer(delivery, .unavailable) }
  }

  /// Turns away what waits and all that comes later.
  package func close() {
    state.withLock { $0.isClosed = true }
    refuseAll()
  }
}
