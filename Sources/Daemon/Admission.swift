import Ledger
import Record
import Source
import Support

/// What remembers the events that were counted.
protocol CountedEvents {
  func admit(_ identity: Identity, lasting: TimeSpan) throws(LedgerError) -> Bool
  func isKnown(_ identity: Identity) throws(LedgerError) -> Bool
  func wasCounted(
    _ kind: EventKind, call: UInt64, from start: Timestamp, to end: Timestamp
  ) throws(LedgerError) -> Bool
  func indexCalls() throws(LedgerError)
}

extension CostLedger: CountedEvents {}
extension ImportLedger: CountedEvents {}

/// Strikes out of a batch what was counted before, in this format or in a better one.
struct Admission {
  /// What becomes of one event.
  enum Fate {
    case counted
    case duplicate
    /// Decided later.
    case held
  }

  /// Told of each event: its source, its place in it, its end.
  typealias Report = (_ fate: Fate, _ source: Int32, _ stream: Int32, _ end: Timestamp) -> Void

  private(set) var ranking: FormatRanking
  private let dedup: TimeSpan
  /// Whether payloads wait for native lines to come.
  private let waits: Bool
  private var hasIndex = false

  init(ranking: FormatRanking, dedup: TimeSpan, waits: Bool = true) {
    self.ranking = ranking
    self.dedup = dedup
    self.waits = waits
  }

  /// `now` is nil while there is more to read.
  func isDue(at now: Timestamp?) -> Bool { ranking.isDue(at: now) }

  /// Lets nothing wait longer than if it ended `now`: the clock may have been set back.
  mutating func limitWaits(from now: Timestamp) { ranking.limitWaits(from: now) }

  mutating func takeChanges() -> HeldChanges { ranking.takeChanges() }

  /// Voids what is a duplicate or has to wait, and appends what has waited in vain.
  mutating func admit(
    _ batch: inout RecordBatch, ledger: some CountedEvents, now: Timestamp, hasMore: Bool,
    _ report: Report
  ) throws(LedgerError) {
    let oldest = now - dedup
    let late = Native.Late(
      payloads: ranking.hasCountedPayloads(now: now), rows: ranking.hasCountedRows(now: now))
    // Native lines first: a payload of the same batch may be a copy of one.
    for index in batch.requests.indices where !batch.requests[index].yields {
      let record = batch.requests[index]
      let isNew = try admit(
        Native(record, late), oldest: oldest, ledger: ledger, report)
      if !isNew { batch.requests[index].form = .void }
      report(isNew ? .counted : .duplicate, record.source, record.stream, record.end)
    }
    for index in batch.attempts.indices {
      let record = batch.attempts[index]
      let isNew = try admit(
        Native(record, late), oldest: oldest, ledger: ledger, report)
      batch.attempts[index].isVoid = !isNew
      report(isNew ? .counted : .duplicate, record.source, record.stream, record.end)
    }
    let holds = ranking.holdsPayloads(now: now)
    for index in batch.requests.indices where batch.requests[index].form == .payload {
      let record = batch.requests[index]
      let hasRow = late.rows ? try hasRow(record, oldest: oldest, ledger) : false
      let fate =
        hasRow
        ? Fate.duplicate
        : try judge(record, of: batch, holds: holds, oldest: oldest, ledger: ledger)
      if fate != .counted { batch.requests[index].form = .void }
      if fate != .duplicate { withdrawRows(copiesOf: record, report) }
      report(fate, record.source, record.stream, record.end)
    }
    // Rows last, which know least.
    for index in batch.requests.indices where batch.requests[index].isRow {
      let record = batch.requests[index]
      let fate = try judge(
        record, of: batch, holds: ranking.holdsRows(now: now), oldest: oldest, ledger: ledger)
      if fate != .counted { batch.requests[index].form = .void }
      report(fate, record.source, record.stream, record.end)
    }
    try release(into: &batch, now: hasMore ? nil : now, ledger: ledger, report)
  }

  /// A native event, and the payloads that it may be a copy of.
  private struct Native {
    /// Which copies may have been counted lately.
    struct Late {
      var payloads: Bool
      var rows: Bool
    }

    var identity: Identity
    var call: UInt64
    var end: Timestamp
    var copies: [EventKind]
    /// An attempt that a payload may tell of, or a request.
    var hasCopies = true
    var isAttempt = false

    init(_ record: RequestRecord, _ late: Late) {
      (identity, call, end) = (record.identity, record.callHash, record.end)
      copies =
        (late.payloads ? [.payloadAnswer, .payloadFailure] : [])
        + (late.rows ? [.rowOfCall] : [])
    }

    /// A payload tells of a request's first failed attempt only.
    init(_ record: AttemptRecord, _ late: Late) {
      (identity, call, end) = (record.identity, record.callHash, record.end)
      isAttempt = true
      hasCopies = identity.hash == Identity.hash(call, .nativeAttempt(1))
      copies =
        (late.payloads && hasCopies ? [.payloadFailure] : [])
        + (late.rows ? [.rowOfCall] : [])
    }
  }

  private mutating func admit(
    _ event: Native, oldest: Timestamp, ledger: some CountedEvents, _ report: Report
  ) throws(LedgerError) -> Bool {
    let start = event.identity.start
    // What is older than the ledger's memory cannot be known, and is believed to its checkpoint.
    if start < oldest { return true }
    for kind in event.copies {
      if try wasCounted(kind, event.call, start, event.end, ledger) { return false }
    }
    let isNew = try ledger.admit(event.identity, lasting: event.end - start)
    ranking.noteNative(start)
    guard ranking.count > 0, event.hasCopies else { return isNew }
    for copy in ranking.withdraw(
      copiesOf: event.call, from: start, to: event.end, onlyFailures: event.isAttempt)
    {
      report(.duplicate, copy.source, 0, copy.end)
    }
    return isNew
  }

  /// Rows that wait tell of nothing that a payload does not.
  private mutating func withdrawRows(copiesOf record: RequestRecord, _ report: Report) {
    guard ranking.count > 0 else { return }
    for copy in ranking.withdraw(
      copiesOf: record.callHash, from: record.start, to: record.end, onlyFailures: false,
      onlyRows: true)
    {
      report(.duplicate, copy.source, 0, copy.end)
    }
  }

  private mutating func judge(
    _ record: RequestRecord, of batch: RecordBatch, holds: Bool, oldest: Timestamp,
    ledger: some CountedEvents
  ) throws(LedgerError) -> Fate {
    if record.identity.start < oldest { return .counted }
    if !holds { return try count(record, ledger) ? .counted : .duplicate }
    if ranking.isHeld(record.identity) { return .duplicate }
    if try ledger.isKnown(record.identity) { return .duplicate }
    if try hasBetterCopy(record, ledger) { return .duplicate }
    if !waits { return try count(record, ledger) ? .counted : .duplicate }
    ranking.hold(record, of: batch)
    return .held
  }

  private mutating func release(
    into batch: inout RecordBatch, now: Timestamp?, ledger: some CountedEvents, _ report: Report
  ) throws(LedgerError) {
    let first = batch.requests.count
    ranking.release(into: &batch, now: now)
    for index in first..<batch.requests.count {
      let record = batch.requests[index]
      // An import may have added its native copy since.
      let hasCopy = try hasBetterCopy(record, ledger)
      let isNew = hasCopy ? false : try count(record, ledger)
      if !isNew { batch.requests[index].form = .void }
      report(isNew ? .counted : .duplicate, record.source, 0, record.end)
    }
  }

  private mutating func hasRow(
    _ record: RequestRecord, oldest: Timestamp, _ ledger: some CountedEvents
  ) throws(LedgerError) -> Bool {
    guard record.identity.start >= oldest else { return false }
    return try wasCounted(.rowOfCall, record.callHash, record.start, record.end, ledger)
  }

  private mutating func hasBetterCopy(
    _ record: RequestRecord, _ ledger: some CountedEvents
  ) throws(LedgerError) -> Bool {
    let kinds: [EventKind] =
      record.isRow
      ? [.nativeRequest, .payloadAnswer, .payloadFailure]
      : record.outcome == .failure ? [.nativeRequest, .nativeAttempt(1)] : [.nativeRequest]
    for kind in kinds {
      if try wasCounted(kind, record.callHash, record.start, record.end, ledger) { return true }
    }
    return false
  }

  private mutating func count(
    _ record: RequestRecord, _ ledger: some CountedEvents
  ) throws(LedgerError) -> Bool {
    guard try ledger.admit(record.identity, lasting: record.end - record.start) else {
      return false
    }
    guard record.isRow else {
      ranking.notePayload(record.start)
      return true
    }
    let mark = Identity(start: record.start, call: record.callHash, kind: .rowOfCall)
    _ = try ledger.admit(mark, lasting: record.end - record.start)
    ranking.noteRow(record.start)
    return true
  }

  private mutating func wasCounted(
    _ kind: EventKind, _ call: UInt64, _ start: Timestamp, _ end: Timestamp,
    _ ledger: some CountedEvents
  ) throws(LedgerError) -> Bool {
    if !hasIndex { try ledger.indexCalls() }
    hasIndex = true
    return try ledger.wasCounted(
      kind, call: call, from: start - FormatRanking.slack, to: end + FormatRanking.slack)
  }
}
