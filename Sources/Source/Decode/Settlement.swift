package import Record
package import Support

/// Joins the one or two payload lines of a request into one whole request.
///
/// LiteLLM writes a failure when a request's first attempt fails and a success when it is answered
/// after all, seconds later, under the same call id. A failure therefore waits for `settleAfter`,
/// kept in the ledger, so that a crash forgets none.
package struct Settlement {
  /// How long a settled failure is remembered for a success that comes late after all.
  package static let rememberSettled = TimeSpan.hours(1)
  /// More failures than this are not kept: those already settled are forgotten, the oldest first,
  /// and if that is not enough the oldest of the others are settled early.
  package static let capacity = 100_000

  /// So many of those already settled are remembered; beyond, the oldest quarter is forgotten.
  package static let settledCapacity = 20_000

  private let settleAfter: [TimeSpan]
  private let capacity: Int
  private let settledCapacity: Int
  private let encoder: NativeEncoder
  private let decoder: RecordDecoder
  private let metadata: Int
  private var waiting: [UInt64: Entry] = [:]
  /// When each of them is due, apart from it: it is looked through often.
  private var dues: [UInt64: Timestamp] = [:]
  private var changed: Set<UInt64> = []
  private var removed: [[UInt8]] = []
  private var nextDue = Timestamp(microseconds: .max)
  /// Not before the latest of those not settled.
  private var lastDue = Timestamp(microseconds: .min)
  /// Keeps clients, who choose call ids, from making two of them collide.
  private let seed = UInt64.random(in: .min ... .max)

  /// Starts with what the ledger kept; `settleAfter` is given for each source, by its index.
  package init(
    settleAfter: [TimeSpan], metadataNames: [String], restored: [WaitingFailure] = [],
    capacity: Int = Self.capacity, settledCapacity: Int = Self.settledCapacity
  ) {
    self.settleAfter = settleAfter
    self.capacity = capacity
    self.settledCapacity = settledCapacity
    encoder = NativeEncoder(metadataNames: metadataNames)
    decoder = RecordDecoder(format: .native, metadataNames: metadataNames)
    metadata = metadataNames.count
    for kept in restored {
      let key = key(kept.callID)
      waiting[key] = Entry(
        callID: kept.callID, due: kept.due, isSettled: kept.isSettled, failure: .line(kept.line))
      dues[key] = kept.due
      note(due: kept.due)
    }
  }

  /// How many failures wait.
  package var count: Int { waiting.count }

  /// Turns the batch's payload records into whole requests and attempts, or lets them wait.
  package mutating func settle(_ batch: inout RecordBatch) {
    for index in batch.requests.indices {
      let form = batch.requests[index].form
      if form == .payload { settle(index, of: &batch) }
      if form == .row || form == .bill { batch.settleRow(index) }
    }
  }

  /// The same for a log of the past, whose own events tell the time: `horizon` is the latest end in
  /// it so far, and failures are settled on the way, so that nothing depends on where a batch ends.
  package mutating func settle(_ batch: inout RecordBatch, horizon: inout Timestamp) {
    for index in batch.requests.indices {
      if batch.requests[index].end > horizon {
        let (last, next) = (horizon, batch.requests[index].end)
        horizon = next
        let tick = Self.floor(next)
        if tick > last { expire(&batch, horizon: tick) }
      }
      if batch.requests[index].form == .payload { settle(index, of: &batch) }
    }
    if waiting.count > capacity { expire(&batch, horizon: Self.floor(horizon)) }
  }

  /// Settles as failed all that waits: nothing will come any more, and nothing is kept.
  package mutating func settleAll(_ batch: inout RecordBatch) {
    for key in inOrder(dues) { settleOrForget(key, in: &batch, horizon: .init(microseconds: 0)) }
    waiting.removeAll()
    dues.removeAll()
    changed.removeAll()
    removed.removeAll()
  }

  /// A minute's begin: looking through all that waits for each single event would take long.
  private static func floor(_ time: Timestamp) -> Timestamp {
    Timestamp(microseconds: time.microseconds / 60_000_000 * 60_000_000)
  }

  private mutating func settle(_ index: Int, of batch: inout RecordBatch) {
    if batch.requests[index].outcome == .failure {
      batch.requests[index].form = .void
      wait(for: batch.requests[index], in: &batch)
    } else if isAwaited(batch.requests[index].id, of: batch) {
      batch.requests[index] = join(batch.requests[index], in: &batch)
    } else {
      // Nearly all of them: records are large, so this one stays where it is.
      batch.requests[index].form = .whole
    }
  }

  private func isAwaited(_ id: TextRange, of batch: RecordBatch) -> Bool {
    !waiting.isEmpty && dues.index(forKey: batch.hash(id, seed: seed)) != nil
  }

  /// Whether `expire` would do anything.
  package func isDue(at horizon: Timestamp) -> Bool {
    horizon >= nextDue || waiting.count > capacity
  }

  /// Settles as failed what has waited long enough.
  ///
  /// `horizon` is the time up to which the logs were read: event time while there is more to read,
  /// the wall clock once the sources are caught up.
  package mutating func expire(_ batch: inout RecordBatch, horizon: Timestamp) {
    guard isDue(at: horizon) else { return }
    for key in inOrder(dues.filter { $0.value <= horizon }) {
      settleOrForget(key, in: &batch, horizon: horizon)
    }
    if waiting.count > capacity { makeRoom(in: &batch) }
    if waiting.count > settledCapacity, settledDues.count > settledCapacity { forgetSettled() }
    nextDue = dues.values.min() ?? Timestamp(microseconds: .max)
  }

  /// Lets no failure wait longer than one that ended `now`, the wall clock's time: a clock that was
  /// set back would hold it up for as long.
  package mutating func limitWaits(from now: Timestamp) {
    let limit = now + (settleAfter.max() ?? .seconds(0))
    guard lastDue > limit else { return }
    lastDue = limit
    for (key, due) in dues where due > limit && waiting[key]?.isSettled == false {
      dues[key] = limit
      waiting[key]?.due = limit
    }
    nextDue = min(nextDue, limit)
  }

  private var settledDues: [UInt64: Timestamp] {
    dues.filter { waiting[$0.key]?.isSettled == true }
  }

  private mutating func makeRoom(in batch: inout RecordBatch) {
    let surplus = waiting.count - capacity * 3 / 4
    let settled = settledDues
    let others = dues.filter { settled[$0.key] == nil }
    for key in (inOrder(settled) + inOrder(others)).prefix(surplus) {
      if let entry = waiting[key], !entry.isSettled, let record = decode(entry, into: &batch) {
        batch.requests.append(record)
      }
      forget(key)
    }
  }

  private mutating func forgetSettled() {
    for key in inOrder(settledDues).dropLast(settledCapacity * 3 / 4) { forget(key) }
  }

  /// By time, and else in a fixed order, so that labels are admitted in the same one after a restart.
  private func inOrder(_ dues: [UInt64: Timestamp]) -> [UInt64] {
    func callID(_ key: UInt64) -> [UInt8] { waiting[key]?.callID ?? [] }
    return dues.sorted { left, right in
      left.value == right.value
        ? callID(left.key).lexicographicallyPrecedes(callID(right.key)) : left.value < right.value
    }.map(\.key)
  }

  /// What has changed since the last call.
  package mutating func takeChanges() -> WaitingChanges {
    var changes = WaitingChanges()
    for key in changed {
      guard let entry = waiting[key] else { continue }
      let line = line(of: entry)
      waiting[key]?.failure = .line(line)
      changes.saved.append(
        WaitingFailure(
          callID: entry.callID, due: entry.due, isSettled: entry.isSettled, line: line))
    }
    changes.removed = removed
    changed.removeAll()
    removed.removeAll()
    return changes
  }

  private func line(of entry: Entry) -> [UInt8] {
    switch entry.failure {
    case .request(let kept): encoder.encode(kept.record, of: kept.batch)
    case .line(let line): line
    }
  }

  private mutating func settleOrForget(
    _ key: UInt64, in batch: inout RecordBatch, horizon: Timestamp
  ) {
    guard var entry = waiting[key], !entry.isSettled else { return forget(key) }
    if let record = decode(entry, into: &batch) {
      batch.requests.append(record)
      entry.failure = .request(KeptRequest(record.remnant, of: batch, metadata: metadata))
    }
    entry.isSettled = true
    entry.due = max(entry.due, horizon) + Self.rememberSettled
    waiting[key] = entry
    dues[key] = entry.due
    changed.insert(key)
  }

  private mutating func note(due: Timestamp) {
    nextDue = min(nextDue, due)
    lastDue = max(lastDue, due)
  }

  private mutating func wait(for payload: RequestRecord, in batch: inout RecordBatch) {
    var record = payload
    record.form = .whole
    if record.attempts > 0, let reason = record.reason {
      record.firstFailure = FirstFailure(
        provider: record.provider, model: record.model, reason: reason)
      batch.attempts.append(record.failedAttempt(reason))
    } else if record.reason == .noDeployment {
      record.firstFailure = FirstFailure(provider: .none, model: .none, reason: .noDeployment)
    }
    if record.reason == .keyRejected || record.reason == .unknownModel {
      // Nothing can answer these after all; a client that reuses its call id sends another request.
      batch.requests.append(record)
      return
    }
    let callID = batch.withBytes(record.id) { Array($0) }
    let key = key(callID)
    if let earlier = waiting[key], !earlier.isSettled,
      let unanswered = decode(earlier, into: &batch)
    {
      batch.requests.append(unanswered)
    }
    let due = record.end + settleAfter[Int(record.source)]
    dues[key] = due
    let kept = KeptRequest(record, of: batch, metadata: metadata)
    waiting[key] = Entry(callID: callID, due: due, failure: .request(kept))
    changed.insert(key)
    note(due: due)
  }

  /// The success or cancellation `payload` with what its earlier failure knew.
  private mutating func join(
    _ payload: RequestRecord, in batch: inout RecordBatch
  ) -> RequestRecord {
    var record = payload
    record.form = .whole
    let key = batch.hash(record.id, seed: seed)
    guard let entry = waiting[key], batch.withBytes(record.id, { $0.elementsEqual(entry.callID) }),
      let failure = decode(entry, into: &batch), failure.end <= record.end
    else { return record }
    forget(key)
    record.form = entry.isSettled ? .late : .whole
    if !entry.isSettled, failure.cost != nil {
      // A stream that broke was billed by the provider that broke it.
      var bill = failure
      bill.form = .late
      batch.requests.append(bill)
    }
    // A stream's payload begins with the request, so when its last attempt began is not known.
    if record.start < failure.end { record.attemptStart = nil }
    record.start = min(failure.start, record.start)
    record.route = failure.route
    record.firstFailure = failure.firstFailure
    record.attempts += failure.attempts
    record.overhead = nil
    let onSameRoute = batch.withBytes(failure.route) { first in
      batch.withBytes(record.servedRoute) { $0.elementsEqual(first) }
    }
    record.retries = onSameRoute ? 1 : 0
    record.fallbacks = onSameRoute ? 0 : 1
    return record
  }

  private func decode(_ entry: Entry, into batch: inout RecordBatch) -> RequestRecord? {
    switch entry.failure {
    case .request(let kept): kept.copy(to: &batch)
    case .line(let line): decoder.stored(line, into: &batch)
    }
  }

  private mutating func forget(_ key: UInt64) {
    guard let entry = waiting.removeValue(forKey: key) else { return }
    dues[key] = nil
    changed.remove(key)
    removed.append(entry.callID)
  }

  private func key(_ callID: [UInt8]) -> UInt64 {
    callID.withUnsafeBytes { hash64($0, seed: seed) }
  }
}
