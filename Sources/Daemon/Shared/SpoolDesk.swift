import Ledger
import Record
import Shared
import Support
import Tally

/// What a pipeline does for a shared ledger: each batch goes into the local spool in the batch's own
/// transaction, and what has been forwarded is dropped from it. Owned by the ingest thread.
struct SpoolDesk {
  private let board: SharedBoard
  private let limit: Int64
  private let keepsRows: Bool
  private var spool: CostLedger.Spool
  /// Of the transaction that is open.
  private var dropped: Int64 = 0
  private var writer: CostLedger.Writer?
  private var secret: [UInt8]?
  private var crossings = 0
  private var deliveries = 0
  /// The last row that was dropped as forwarded.
  private var released: Int64
  private var gate = LogGate()

  /// Measures what waits, and has the ledger keep events for it.
  init(_ board: SharedBoard, _ options: LedgerOptions, ledger: CostLedger) throws(LedgerError) {
    self.board = board
    limit = options.spoolSize
    keepsRows = options.detail.microseconds > 0
    spool = try ledger.spool()
    released = 0
    ledger.newEvents = []
    publish()
  }

  /// Whether the local ledger has to be told something.
  var hasNews: Bool {
    let state = board.current
    return state.applied > released && spool.oldest != nil || state.writer != nil
      || state.secret != nil || !state.crossings.isEmpty || !state.deliveries.isEmpty
  }

  /// Whether pseudonyms are made otherwise from now on.
  var needsRestoring: Bool { secret != nil }

  /// Adds the batch within its transaction.
  mutating func write(
    _ tally: inout TallyState, of batch: RecordBatch, _ budgets: BudgetKeeper,
    to ledger: CostLedger, now: Timestamp
  ) throws(LedgerError) {
    try release(from: ledger)
    count(&tally, now: now)
    var packer = SpoolWriter(rows: keepsRows)
    for (place, detail) in tally.details.enumerated() {
      let sides = tally.sideValues(of: detail, in: batch, now: now)
      var shares: [SpooledBatch.Share] = []
      budgets.withShares(of: place) { share in
        guard let scope = packer.place(of: share.slot, { budgets.scope(of: share.slot) }) else {
          return
        }
        shares.append(SpooledBatch.Share(scope: scope, start: share.start, amount: share.amount))
      }
      packer.add(detail, sides: sides, shares: shares, of: batch)
      if packer.isFull { try add(&packer, [], to: ledger, now: now) }
    }
    let events = ledger.newEvents ?? []
    if !packer.isEmpty || !events.isEmpty { try add(&packer, events, to: ledger, now: now) }
    ledger.newEvents = []
    spool.oldest = try ledger.oldestSpooled()
  }

  /// The transaction is durable.
  mutating func didCommit() {
    let (written, adopted, lost) = (writer, secret, dropped)
    let (told, delivered) = (crossings, deliveries)
    board.update { board in
      board.crossings.removeFirst(told)
      board.deliveries.removeFirst(delivered)
      board.dropped += lost
      if board.writer == written { board.writer = nil }
      if board.secret == adopted { board.secret = nil }
    }
    (writer, secret, dropped) = (nil, nil, 0)
    (crossings, deliveries) = (0, 0)
    publish()
    board.wakeup.send()
  }

  private func publish() {
    let spool = spool
    board.update { board in
      board.last = spool.last
      board.bytes = spool.bytes
      board.oldest = spool.oldest
    }
  }

  /// Counts what was told of and delivered from here.
  private mutating func count(_ tally: inout TallyState, now: Timestamp) {
    let state = board.current
    for crossing in state.crossings {
      tally.addCrossing(budget: crossing.budget, threshold: crossing.threshold, now: now)
    }
    for (result, receiver) in state.deliveries { tally.add(result, receiver: receiver, now: now) }
    (crossings, deliveries) = (state.crossings.count, state.deliveries.count)
  }

  private mutating func release(from ledger: CostLedger) throws(LedgerError) {
    let state = board.current
    if state.applied > released {
      spool.bytes -= try ledger.dropSpooled(upTo: state.applied)
      released = state.applied
    }
    if let writer = state.writer { try ledger.confirm(writer) }
    if let secret = state.secret { try ledger.adopt(secret: secret) }
    (writer, secret) = (state.writer, state.secret)
  }

  private mutating func add(
    _ packer: inout SpoolWriter, _ events: [LedgerEvent], to ledger: CostLedger, now: Timestamp
  ) throws(LedgerError) {
    let count = packer.count
    let body = packer.take(events: events)
    guard spool.bytes + Int64(body.count) <= limit else {
      dropped += Int64(count)
      if let held = gate.pass("full", now: now) {
        Log.error(
          "the spool is full: \(count) requests will be missing in the shared ledger"
            + " (\(held) such batches before); raise ledger.spool_size or bring the database back")
      }
      return
    }
    try ledger.addToSpool(body, requests: count, now: now)
    spool.bytes += Int64(body.count)
    spool.last = ledger.lastSpooled
  }
}
