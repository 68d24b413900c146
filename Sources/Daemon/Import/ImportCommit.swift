import Ledger
import Record
import Support
import Tally

/// One batch, one transaction.
extension Importer {
  /// Commits what the batch adds together with the place in its file; `end` is where the text ends,
  /// if it was read so far.
  func commit(
    _ batch: ImportBatch, of file: inout ImportFile, at path: String, end: Int64?
  ) throws(LedgerError) {
    if try ledger.ledger.begin() { tally.adopt(try ledger.ledger.labelValues()) }
    let now = clock.now()
    try admit(&batch.records, now: now)
    settlement.settle(&batch.records, horizon: &file.latest)
    let isAgain = file.againTo != nil
    try advance(&file, past: batch, end: end)
    try sift(&batch.records, of: file, isAgain: isAgain, now: now)
    try write(batch.records, now: now)
    try ledger.write(settlement.takeChanges(), run: run)
    try ledger.save(&file)
    try ledger.ledger.commit()
    tally.markWritten()
    report.lines += batch.lines
    for (rejection, lines) in batch.rejected {
      report.reject(rejection, count: lines.count, at: "\(path):\(lines.first)")
    }
  }

  /// Settles what still waits: nothing will come any more.
  func finish() throws(LedgerError) {
    var records = RecordBatch()
    if try ledger.ledger.begin() { tally.adopt(try ledger.ledger.labelValues()) }
    let now = clock.now()
    settlement.settleAll(&records)
    try sift(&records, of: last?.file, isAgain: last?.isAgain ?? false, now: now)
    try write(records, now: now)
    try ledger.close(run: run)
    try ledger.ledger.commit()
    tally.markWritten()
  }

  private func write(_ records: RecordBatch, now: Timestamp) throws(LedgerError) {
    guard !options.isRehearsal else { return }
    let oldest = now - settings.ledger.detail
    tally.addHistory(records, keepDetailsFrom: oldest)
    try ledger.write(tally, of: records, keepDetailsFrom: oldest)
  }

  /// Strikes out what the ledger knows by its identity; of older events it knows none.
  private func admit(_ records: inout RecordBatch, now: Timestamp) throws(LedgerError) {
    let oldest = now - settings.ledger.dedup
    for index in records.requests.indices {
      let identity = records.requests[index].identity
      if identity.start < oldest { continue }
      if try ledger.admit(identity) { continue }
      records.requests[index].form = .void
      report.duplicates += 1
    }
    for index in records.attempts.indices {
      let identity = records.attempts[index].identity
      if identity.start < oldest { continue }
      if try ledger.admit(identity) { continue }
      records.attempts[index].isVoid = true
      report.duplicates += 1
    }
  }

  private func advance(
    _ file: inout ImportFile, past batch: ImportBatch, end: Int64?
  ) throws(LedgerError) {
    if let line = batch.place(atEnd: end) {
      file.lastLine = line.offset
      file.lastHash = line.hash
    }
    guard let againTo = file.againTo else { return }
    guard end != nil || file.lastLine.map({ $0 >= againTo }) ?? false else { return }
    file.againTo = nil
    try ledger.removeSkips(of: file)
  }

  /// Strikes out requests of days that are not this import's to add to, and those whose roll-ups
  /// would be dropped at once.
  private func sift(
    _ records: inout RecordBatch, of file: ImportFile?, isAgain: Bool, now: Timestamp
  ) throws(LedgerError) {
    let oldest = now - settings.ledger.dedup
    let first = now - settings.ledger.retention
    for index in records.requests.indices {
      let form = records.requests[index].form
      guard form == .whole || form == .late else { continue }
      let (start, end) = (records.requests[index].identity.start, records.requests[index].end)
      let isKept: Bool
      if end < first {
        isKept = false
        report.reject(.tooOld, at: "")
      } else if isAgain, records.requests[index].stream != ImportBatch.firstReading {
        isKept = try wasLeftOut(start, end.day, of: file)
      } else {
        isKept = try isOpen(start, end.day, of: file, oldest: oldest)
      }
      if !isKept {
        records.requests[index].form = .void
      } else if form == .whole {
        report.requests += 1
      }
    }
  }

  /// Whether a request of a file's first reading may be added.
  private func isOpen(
    _ start: Timestamp, _ day: Int32, of file: ImportFile?, oldest: Timestamp
  ) throws(LedgerError) -> Bool {
    // Asked in any case: the day is this import's from its first request on.
    let isOpen = try days.isOpen(day, in: ledger)
    if isOpen || start >= oldest { return true }
    report.skipped[day, default: 0] += 1
    if let file, skips[file.id]?[day] == nil {
      skips[file.id, default: [:]][day] = oldest
      try ledger.skip(day, before: oldest, of: file)
    }
    return false
  }

  /// Whether a request was left out when its line was read before.
  private func wasLeftOut(
    _ start: Timestamp, _ day: Int32, of file: ImportFile?
  ) throws(LedgerError) -> Bool {
    guard let file, let limit = skips[file.id]?[day], start < limit else { return false }
    try days.claim(day, in: ledger)
    return true
  }
}
