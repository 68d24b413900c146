/// Deliveries as lines: read, committed and turned away like those of a file. Owned by one thread.
package final class PushSource {
  /// A delivery that is read, wholly or in part, and not answered.
  private struct Open {
    let delivery: PushDelivery
    let number: Int32
    var usable = 0
    var duplicates = 0
    var rejected = 0
  }

  private let queue: PushQueue
  private let maxLine: Int
  /// The last one is being read while there is a `body`.
  private var open: [Open] = []
  private var body: PushBody?
  private var lastNumber: Int32 = 0

  /// Reads what comes through `queue`.
  package init(queue: PushQueue, maxLine: Int) {
    self.queue = queue
    self.maxLine = maxLine
  }

  deinit { rewind() }

  package var lagBytes: Int64 { Int64(queue.waitingBytes) }

  /// Whether somebody waits for nothing but a commit.
  package var awaitsCommit: Bool { body == nil ? !open.isEmpty : open.count > 1 }

  /// Delivers about `budget` bytes of elements, each with its index in its delivery and the
  /// delivery's number; valid as the lines of a file are.
  package func read(
    budget: Int,
    _ deliver: (_ line: UnsafeMutableRawBufferPointer, _ index: Int64, _ number: Int) -> Void
  ) -> ReadResult {
    var result = ReadResult()
    // Bodies that turn out to be of no use take time as well.
    var wasted = 0
    while result.bytes + wasted < budget {
      if body == nil {
        guard let delivery = queue.take() else { break }
        if !begin(delivery) { wasted += delivery.body.count }
      }
      guard let element = body?.element() else {
        body = nil
        continue
      }
      result.bytes += element.count
      guard let text = element.text else {
        result.tooLong += 1
        let cause = TailProblem.Cause.lineTooLong(at: Int64(element.index), limit: maxLine)
        result.problems.append(TailProblem(path: "push", cause: cause))
        open[open.count - 1].rejected += 1
        continue
      }
      result.lines += 1
      open[open.count - 1].usable += 1
      deliver(text, Int64(element.index), Int(open[open.count - 1].number))
    }
    result.hasMore = body != nil || !queue.isEmpty
    return result
  }

  /// Opens a delivery; false if nothing of it can be used, which its sender is told.
  private func begin(_ delivery: PushDelivery) -> Bool {
    do throws(PushBody.Failure) {
      body = try PushBody(delivery, maxLine: maxLine)
      lastNumber &+= 1
      open.append(Open(delivery: delivery, number: lastNumber))
      return true
    } catch {
      switch error {
      case .malformed(let reason): queue.answer(delivery, .malformed(reason))
      case .tooLarge(let reason): queue.answer(delivery, .tooLarge(reason))
      }
      return false
    }
  }

  /// The element delivered last could not be used.
  package func reject() {
    guard !open.isEmpty else { return }
    open[open.count - 1].usable -= 1
    open[open.count - 1].rejected += 1
  }

  /// An element of the delivery `number` was known before.
  package func noteDuplicate(in number: Int32) {
    guard let index = open.lastIndex(where: { $0.number == number }) else { return }
    open[index].duplicates += 1
  }

  /// What was delivered is durable: those of whom nothing is left get their answer.
  package func commit() {
    let finished = body == nil ? open.count : open.count - 1
    for entry in open.prefix(finished) {
      queue.answer(
        entry.delivery,
        .stored(
          accepted: entry.usable - entry.duplicates, duplicates: entry.duplicates,
          rejected: entry.rejected))
    }
    open.removeFirst(finished)
  }

  /// What was delivered is not durable: whoever waits is told, and what is sent again is known by
  /// its identities where a part of it was committed before.
  package func rewind() {
    body = nil
    for entry in open { queue.answer(entry.delivery, .unavailable) }
    open.removeAll()
    queue.refuseAll()
  }
}
