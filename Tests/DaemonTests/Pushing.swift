import Source
import Support

/// A pusher that remembers what it was answered.
final class Pushing {
  let queue: PushQueue
  private let answers = Locked<[Int: PushOutcome]>([:])
  private var sent = 0

  init(_ rig: Rig) { queue = rig.queue }

  /// Offers a body; what it is known by in `answer`.
  @discardableResult
  func post(_ body: [UInt8], isPacked: Bool = false) -> Int {
    sent += 1
    let number = sent
    let answers = answers
    _ = queue.offer(
      PushDelivery(body: body, isPacked: isPacked) { outcome in
        answers.withLock { $0[number] = outcome }
      })
    return number
  }

  @discardableResult
  func post(_ text: String) -> Int { post(Array(text.utf8)) }

  func answer(_ number: Int) -> PushOutcome? { answers.withLock { $0[number] } }
}

extension PushOutcome {
  static func stored(_ accepted: Int, _ duplicates: Int = 0, _ rejected: Int = 0) -> PushOutcome {
    .stored(accepted: accepted, duplicates: duplicates, rejected: rejected)
  }
}
