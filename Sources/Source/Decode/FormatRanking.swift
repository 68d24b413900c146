package import Record
package import Support

/// Decides which of a request's copies counts where one proxy is read in two formats.
///
/// Native lines know more than payloads, and those more than rows of LiteLLM's database, so a payload
/// or row waits for `settle_after` and counts only if no event of a better format has the same call id
/// at the same time. Where there is no better format nothing waits. What waits is kept in the ledger.
package struct FormatRanking {
  /// How far apart two clocks may have read the same moment.
  package static let slack = TimeSpan.seconds(1)
  /// Bytes that what waits may take; beyond, what has waited longest counts early.
  package static let capacity = 16 << 20
  /// Bytes for each besides its line.
  private static let overhead = 500

  /// One payload or row that waits.
  package struct Held: Equatable {
    package var event: HeldEvent
    package var source: Int32
    package var end: Timestamp
    var isFailure: Bool
    var isRow = false
    var due: Timestamp

    /// A payload as it will be released.
    package init(
      event: HeldEvent, source: Int32, end: Timestamp, isFailure: Bool, isRow: Bool = false,
      due: Timestamp
    ) {
      self.event = event
      self.source = source
      self.end = end
      self.isFailure = isFailure
      self.isRow = isRow
      self.due = due
    }
  }

  private let sources: [SourceOptions]
  private let dedup: TimeSpan
  private let capacity: Int
  private let hasNativeSource: Bool
  private let hasLog: Bool
  private let encoder: NativeEncoder
  private let decoder: RecordDecoder

  private var nativeSeen: Timestamp?
  private var payloadSeen: Timestamp?
  private var rowSeen: Timestamp?
  private var held: [Identity: Held] = [:]
  private var byCall: [UInt64: [Identity]] = [:]
  private var bytes = 0
  private var nextDue = Timestamp(microseconds: .max)
  /// Not before the latest of what waits.
  private var lastDue = Timestamp(microseconds: .min)
  private var saved: Set<Identity> = []
  private var changes = HeldChanges()

  /// Starts with what the ledger kept; `dedup` is how long it remembers identities.
  package init(
    sources: [SourceOptions], dedup: TimeSpan, metadataNames: [String],
    restored: HeldContents = HeldContents(), capacity: Int = Self.capacity
  ) {
    self.sources = sources
    self.dedup = dedup
    self.capacity = capacity
    hasNativeSource = sources.contains { $0.format == .native }
    hasLog = sources.contains { !$0.isSpendLogs }
    encoder = NativeEncoder(metadataNames: metadataNames)
    decoder = RecordDecoder(format: .native, metadataNames: metadataNames)
    nativeSeen = restored.nativeSeen
    payloadSeen = restored.payloadSeen
    rowSeen = restored.rowSeen
    var batch = RecordBatch()
    for event in restored.events {
      batch.removeAll()
      let source = sources.firstIndex { $0.name == event.source } ?? 0
      guard let record = decode(event, source: Int32(source), into: &batch) else { continue }
      keep(record, event)
    }
    saved.removeAll()
  }

  /// How many payloads wait.
  package var count: Int { held.count }

  /// Whether payloads wait: native lines are configured, or were counted lately.
  package func holdsPayloads(now: Timestamp) -> Bool {
    hasNativeSource || nativeSeen.map { $0 >= now - dedup } ?? false
  }

  /// Whether a native event may be a late copy of a payload that was counted.
  package func hasCountedPayloads(now: Timestamp) -> Bool {
    payloadSeen.map { $0 >= now - dedup } ?? false
  }

  /// The same of rows: any log may tell of their requests, or did lately.
  package func holdsRows(now: Timestamp) -> Bool {
    hasLog || [nativeSeen, payloadSeen].contains { $0.map { $0 >= now - dedup } ?? false }
  }

  /// Whether an event of a log may be a late copy of a row that was counted.
  package func hasCountedRows(now: Timestamp) -> Bool {
    rowSeen.map { $0 >= now - dedup } ?? false
  }

  /// A row that began then was counted.
  package mutating func noteRow(_ start: Timestamp) {
    if let rowSeen, start <= rowSeen { return }
    rowSeen = Self.ceiling(start)
    changes.rowSeen = rowSeen
  }

  /// A native event that began then was counted.
  package mutating func noteNative(_ start: Timestamp) {
    if let nativeSeen, start <= nativeSeen { return }
    nativeSeen = Self.ceiling(start)
    changes.nativeSeen = nativeSeen
  }

  /// A payload that began then was counted.
  package mutating func notePayload(_ start: Timestamp) {
    if let payloadSeen, start <= payloadSeen { return }
    payloadSeen = Self.ceiling(start)
    changes.payloadSeen = payloadSeen
  }

  /// Rounded up, so that it need not be written for every event.
  private static func ceiling(_ time: Timestamp) -> Timestamp {
    let hour = TimeSpan.hours(1).microseconds
    return Timestamp(microseconds: (time.microseconds / hour + 1) * hour)
  }

  package func isHeld(_ identity: Identity) -> Bool { held[identity] != nil }

  /// Lets a payload wait.
  package mutating func hold(_ record: RequestRecord, of batch: RecordBatch) {
    let event = HeldEvent(
      identity: record.identity, call: record.callHash, source: sources[Int(record.source)].name,
      line: encoder.encode(record, of: batch))
    keep(record, event)
  }

  private mutating func keep(_ record: RequestRecord, _ event: HeldEvent) {
    var entry = Held(
      event: event, source: record.source, end: record.end,
      isFailure: record.outcome == .failure, isRow: record.isRow,
      due: record.end + sources[Int(record.source)].settleAfter)
    // A failure waits on with the answer that will be joined to it, for its own time at most.
    for other in byCall[event.call, default: []] {
      guard let known = held[other] else { continue }
      if entry.isFailure, isAnswer(known, to: entry) { entry.due = max(entry.due, known.due) }
      if isAnswer(entry, to: known) { held[other]?.due = max(known.due, entry.due) }
    }
    held[event.identity] = entry
    byCall[event.call, default: []].append(event.identity)
    bytes += event.line.count + Self.overhead
    saved.insert(event.identity)
    nextDue = min(nextDue, entry.due)
    lastDue = max(lastDue, entry.due)
  }

  private func isAnswer(_ answer: Held, to failure: Held) -> Bool {
    failure.isFailure && !answer.isFailure && failure.end <= answer.end
      && answer.end - failure.end <= sources[Int(failure.source)].settleAfter
  }

  /// Gives up payloads that are copies of a native event: of a request, or of its first attempt,
  /// which only a failure can be. Of a payload, rows alone are copies.
  package mutating func withdraw(
    copiesOf call: UInt64, from start: Timestamp, to end: Timestamp, onlyFailures: Bool,
    onlyRows: Bool = false
  ) -> [Held] {
    guard !held.isEmpty, let candidates = byCall[call] else { return [] }
    let copies = candidates.compactMap { held[$0] }.filter {
      (!onlyFailures || $0.isFailure) && (!onlyRows || $0.isRow)
        && $0.event.identity.start <= end + Self.slack
        && $0.end >= start - Self.slack
    }
    for copy in copies { forget(copy) }
    return copies
  }

  /// Lets no payload wait longer than one that ended `now`, the wall clock's time.
  package mutating func limitWaits(from now: Timestamp) {
    let limit = now + (sources.map(\.settleAfter).max() ?? .seconds(0))
    guard lastDue > limit else { return }
    lastDue = limit
    for (identity, entry) in held where entry.due > limit { held[identity]?.due = limit }
    nextDue = min(nextDue, limit)
  }

  /// Whether `release` would do anything; `now` is nil while there is more to read.
  package func isDue(at now: Timestamp?) -> Bool {
    bytes > capacity || !held.isEmpty && now.map { $0 >= nextDue } ?? false
  }

  /// Appends to `batch` the payloads that have waited in vain.
  ///
  /// `now` is the wall clock, or nil while there is more to read, where the native copies may be.
  package mutating func release(into batch: inout RecordBatch, now: Timestamp?) {
    guard isDue(at: now) else { return }
    var due = held.values.filter { entry in now.map { $0 >= entry.due } ?? false }
    if bytes > capacity { due = makeRoom(with: due) }
    for entry in due.sorted(by: Self.isEarlier) {
      if let record = decode(entry.event, source: entry.source, into: &batch) {
        batch.requests.append(record)
      }
      forget(entry)
    }
    nextDue = held.values.map(\.due).min() ?? Timestamp(microseconds: .max)
  }

  /// `due` and so many others, the oldest first, that a quarter of the room is free.
  private func makeRoom(with due: [Held]) -> [Held] {
    var room = bytes - capacity / 4 * 3
    let known = Set(due.map(\.event.identity))
    let others = held.values.filter { !known.contains($0.event.identity) }
    for entry in due { room -= entry.event.line.count + Self.overhead }
    return due
      + others.sorted(by: Self.isEarlier).prefix { entry in
        defer { room -= entry.event.line.count + Self.overhead }
        return room > 0
      }
  }

  /// By their ends, so that a failure comes before its answer; else any fixed order.
  private static func isEarlier(_ left: Held, _ right: Held) -> Bool {
    (left.end, left.event.identity.hash) < (right.end, right.event.identity.hash)
  }

  /// What has changed since the last call.
  package mutating func takeChanges() -> HeldChanges {
    changes.saved = saved.compactMap { held[$0]?.event }
    saved.removeAll(keepingCapacity: true)
    defer { changes = HeldChanges() }
    return changes
  }

  private mutating func forget(_ entry: Held) {
    let identity = entry.event.identity
    guard held.removeValue(forKey: identity) != nil else { return }
    byCall[entry.event.call]?.removeAll { $0 == identity }
    if byCall[entry.event.call]?.isEmpty ?? false { byCall[entry.event.call] = nil }
    bytes -= entry.event.line.count + Self.overhead
    if saved.remove(identity) == nil { changes.removed.append(identity) }
  }

  /// The payload as it came.
  private func decode(
    _ event: HeldEvent, source: Int32, into batch: inout RecordBatch
  ) -> RequestRecord? {
    guard var record = decoder.stored(event.line, into: &batch) else { return nil }
    record.form = .payload
    if sources[Int(source)].isSpendLogs {
      // A bill's own id is longer than its call's.
      record.form = batch.hash(record.id) == event.call ? .row : .bill
    }
    record.identity = event.identity
    record.callHash = event.call
    record.source = source
    return record
  }
}
