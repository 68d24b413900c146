import Ledger
import Notify
import Support
import Tally

/// News on its way into the ledger and from there to the courier, and back what came of it.
///
/// What a batch posts is written in the batch's transaction, and the courier gets it after the commit:
/// nobody is told of what may still be undone. Owned by the ingest thread, all but `report`.
final class OutboxWriter: Sendable {
  /// For one receiver; what comes on top is given up at once.
  static let mostWaiting = 10_000

  private struct State: Sendable {
    /// Of the batch that is being made.
    var posted: [OutboxRow] = []
    /// Written by the transaction that is open.
    var added: [OutboxRow] = []
    /// Not committed yet.
    var reports: [Courier.Report] = []
    /// How many of them the transaction that is open holds.
    var writtenReports = 0
    /// A receiver that is down would fill the log.
    var gate = LogGate()
  }

  let courier: Courier
  private let state: Locked<State>

  /// Delivers with `delivery`; `onReport` is called when there is something to write down.
  init(delivery: Delivery, clock: WallClock, onReport: @escaping @Sendable () -> Void) {
    let state = Locked(State())
    self.state = state
    courier = Courier(delivery: delivery, clock: clock) { report in
      state.withLock { $0.reports.append(report) }
      onReport()
    }
  }

  /// Whether there is something to write down.
  var hasWork: Bool { state.withLock { !$0.posted.isEmpty || !$0.reports.isEmpty } }

  /// Whether something was delivered that a crash would repeat.
  var hasReports: Bool { state.withLock { !$0.reports.isEmpty } }

  /// Tells `receivers` with the batch that is being made; a repetition changes nothing.
  func post(_ notification: Notification, to receivers: [String]) {
    let rows = notification.rows(for: receivers)
    state.withLock { $0.posted += rows }
  }

  /// Hands all that waits in the ledger to the courier: at the start, and when another process has
  /// changed it.
  func load(from ledger: CostLedger) throws(LedgerError) {
    courier.adopt(try ledger.waitingMessages().map(Courier.Letter.init))
  }

  /// Adds to the transaction that is open.
  func write(
    to ledger: CostLedger, counting tally: inout TallyState, now: Timestamp
  ) throws(LedgerError) {
    let (posted, reports) = state.withLock { ($0.posted, $0.reports) }
    for report in reports {
      try ledger.write(OutboxChange(report))
      tally.add(report.result, receiver: report.outcome.entry.receiver, now: now)
      if let event = LedgerEvent(report) { try ledger.write(event) }
    }
    state.withLock { $0.writtenReports = reports.count }
    guard !posted.isEmpty else { return }
    var waiting = courier.pending.mapValues(\.count)
    for var row in posted {
      if waiting[row.receiver, default: 0] >= Self.mostWaiting {
        row.givenUp = now
        row.answer = "\(Self.mostWaiting) messages wait for this receiver already"
      }
      guard let added = try ledger.add(row) else { continue }
      if added.givenUp != nil {
        tally.add(.givenUp, receiver: row.receiver, now: now)
        try ledger.write(LedgerEvent(row, now: now))
      } else {
        waiting[row.receiver, default: 0] += 1
      }
      state.withLock { $0.added.append(added) }
    }
  }

  /// The transaction is durable: now it may be told.
  func didCommit() {
    let (added, reports) = state.withLock { state in
      let reports = Array(state.reports.prefix(state.writtenReports))
      state.reports.removeFirst(state.writtenReports)
      defer { (state.posted, state.added, state.writtenReports) = ([], [], 0) }
      return (state.added, reports)
    }
    if !reports.isEmpty { courier.settle(reports.map(\.outcome.entry.number)) }
    let waiting = added.filter { $0.givenUp == nil }
    if !waiting.isEmpty { courier.add(waiting.map(Courier.Letter.init)) }
    for report in reports { log(report) }
    for row in added where row.givenUp != nil {
      Log.error("\(row.title.quoted) is not told to \(row.receiver): \(row.answer)")
    }
  }

  private func log(_ report: Courier.Report) {
    let entry = report.outcome.entry
    let message = "message \(entry.number) to \(entry.receiver), \(report.title.quoted),"
    switch report.outcome.step {
    case .done: Log.info("\(message) is delivered")
    case .retry(let at):
      let held = state.withLock { $0.gate.pass(entry.receiver, now: WallClock.monotonic.now()) }
      guard let held else { return }
      let more = held == 0 ? "" : " (and \(held) like it before)"
      Log.warn(
        "\(message) failed (\(report.text)); next try in \(Quantity.rounded(at - report.time))\(more)"
      )
    case .giveUp:
      Log.error(
        "\(message) is given up after \(entry.attempts) attempts (\(report.text));"
          + " 'sidelight outbox retry \(entry.number)' tries again")
    }
  }

  /// The transaction was undone: what it posted will be found again.
  func rewind() {
    state.withLock { state in
      (state.posted, state.added, state.writtenReports) = ([], [], 0)
    }
  }
}

extension Notification {
  /// For the outbox, one for each of `receivers`.
  func rows(for receivers: [String]) -> [OutboxRow] {
    let body = stored
    return receivers.map { receiver in
      OutboxRow(
        receiver: receiver, id: id, orderingKey: orderingKey, title: title, body: body,
        created: time)
    }
  }
}

extension Courier.Letter {
  init(_ row: OutboxRow) {
    self.init(
      entry: Outbox.Entry(
        number: row.number, receiver: row.receiver, orderingKey: row.orderingKey,
        created: row.created, due: row.due, attempts: row.attempts, isBarred: row.isBarred),
      title: row.title, body: row.body)
  }
}

extension OutboxChange {
  init(_ report: Courier.Report) {
    let entry = report.outcome.entry
    let fate: Fate =
      switch report.outcome.step {
      case .done: .delivered
      case .retry(let at): .waits(until: at)
      case .giveUp: .givenUp(at: report.time)
      }
    self.init(
      number: entry.number, receiver: entry.receiver, fate: fate, attempts: entry.attempts,
      isBarred: entry.isBarred, answer: report.text,
      allDueFrom: report.outcome.endsDoubt ? report.time : nil)
  }
}

extension Courier.Report {
  var result: NotificationResult {
    switch outcome.step {
    case .done: .delivered
    case .retry: .retried
    case .giveUp: .givenUp
    }
  }
}

extension LedgerEvent {
  /// The end of a message; nil while it is tried.
  init?(_ report: Courier.Report) {
    let result = report.result
    guard result != .retried else { return nil }
    self.init(
      time: report.time, kind: .notification, subject: report.outcome.entry.receiver,
      detail: .object([
        "result": .text(result.rawValue), "title": .text(report.title),
        "attempts": .integer(Int64(report.outcome.entry.attempts)), "answer": .text(report.text),
      ]))
  }

  /// A message that was given up as it came.
  fileprivate init(_ row: OutboxRow, now: Timestamp) {
    self.init(
      time: now, kind: .notification, subject: row.receiver,
      detail: .object([
        "result": .text(NotificationResult.givenUp.rawValue), "title": .text(row.title),
        "attempts": .integer(0), "answer": .text(row.answer),
      ]))
  }
}
