import Support

/// The client's thread: starts, drives and ends transfers.
struct TransferLoop: ~Copyable {
  private let queue: TransferQueue
  private let options: ClientOptions
  private let multi: LibraryMulti
  private var waiting: [TransferOrder] = []
  private var active: [UInt64: Transfer] = [:]

  private init(_ queue: TransferQueue, _ options: ClientOptions, _ multi: consuming LibraryMulti) {
    self.queue = queue
    self.options = options
    self.multi = multi
  }

  /// Works until the queue is stopped; every order that was taken in has an end by then.
  static func run(_ queue: TransferQueue, _ options: ClientOptions) {
    guard let multi = LibraryMulti(connections: options.concurrent) else {
      queue.stop()
      for order in queue.take().orders { order.fail(.failed, "no memory is left") }
      return
    }
    var loop = TransferLoop(queue, options, multi)
    while loop.turn() {}
  }

  private mutating func turn() -> Bool {
    let news = queue.take()
    waiting += news.orders
    if news.isStopping {
      endAll()
      return false
    }
    for id in news.cancelled { cancel(id) }
    expireWaiting()
    startWaiting()
    multi.perform()
    endFinished()
    if waiting.isEmpty || active.count >= options.concurrent { multi.wait(queue.wakeup, patience) }
    return true
  }

  /// Milliseconds; the library wakes earlier for its own deadlines, but not for those that wait.
  private var patience: Int32 { waiting.isEmpty ? 60_000 : 100 }

  private mutating func cancel(_ id: UInt64) {
    if let place = waiting.firstIndex(where: { $0.id == id }) {
      waiting.remove(at: place).fail(.cancelled, Self.cancelled)
      queue.ended(1)
    } else if let transfer = active.removeValue(forKey: id) {
      multi.remove(transfer)
      transfer.order.fail(.cancelled, Self.cancelled)
      queue.ended(1)
    }
  }

  private static let cancelled = "the request was cancelled"

  private mutating func expireWaiting() {
    guard !waiting.isEmpty else { return }
    let now = WallClock.monotonic.now()
    let late = waiting.filter { $0.deadline <= now }
    guard !late.isEmpty else { return }
    waiting.removeAll { $0.deadline <= now }
    for order in late {
      order.fail(.timeout, "no slot was free within \(order.request.limits.total.inWords)")
    }
    queue.ended(late.count)
  }

  private mutating func startWaiting() {
    let count = min(waiting.count, options.concurrent - active.count)
    guard count > 0 else { return }
    for order in waiting.prefix(count) {
      guard let transfer = Transfer(order, options), multi.add(transfer) else {
        order.fail(.failed, "no memory is left")
        queue.ended(1)
        continue
      }
      active[order.id] = transfer
    }
    waiting.removeFirst(count)
  }

  private mutating func endFinished() {
    while let (id, code) = multi.nextFinished() {
      guard let transfer = active.removeValue(forKey: id) else { continue }
      multi.remove(transfer)
      transfer.order.finish(transfer.result(code))
      queue.ended(1)
    }
  }

  private mutating func endAll() {
    for (_, transfer) in active {
      multi.remove(transfer)
      transfer.order.fail(.stopped, TransferQueue.stopped)
    }
    for order in waiting { order.fail(.stopped, TransferQueue.stopped) }
    active = [:]
    waiting = []
  }
}

extension TimeSpan {
  /// Such as `1.5 s`.
  var inWords: String {
    let tenths = (microseconds + 50_000) / 100_000
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}
