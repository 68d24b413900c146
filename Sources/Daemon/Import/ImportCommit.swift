import Ledger
import Record
import Support
import Tally

/// From lines to transactions.
///
/// Events that the ledger may know need its lock to be looked up. All others are added up without it
/// for as long as this process alone writes, so that the lock is held for the sums only.
extension Importer {
  /// Takes over the next lines of a file.
  ///
  /// False if another process got in between: what is not committed must be read again.
  func take(
    _ batch: ImportBatch, of file: inout ImportFile, at place: ImportPlace
  ) throws(LedgerError) -> Bool {
    let horizon = clock.now() - settings.ledger.dedup
    needsLock = !isAlone || hasFormats || batch.records.hasEvents(since: horizon)
    if needsLock {
      if uncommittedLines > 0, try !commitCounted(&file) { return false }
      try lock()
    }
    let now = clock.now()
    if needsLock { try admit(&batch.records, now: now) }
    settlement.settle(&batch.records, horizon: &file.latest)
    // Nothing will come any more that what waits could wait for.
    if place.isFinal { settlement.settleAll(&batch.records) }
    let isAgain = file.againTo != nil
    file.advance(to: batch.place(atOpenEnd: place.endsOpen), isEnd: place.isEnd)
    try sift(&batch.records, of: file, isAgain: isAgain, now: now)
    if isAgain && file.againTo == nil { isReadAgain = true }
    note(batch, of: place.path)
    count(batch.records, now: now)
    if needsLock {
      try write(batch.records, &file, isFinal: place.isFinal, now: now)
      pace.took(lockedFor, forLines: batch.lines)
    } else if place.isLast || tally.rollup.count >= pace.rows
      || uncommittedLines >= Self.mostLines
    {
      return try commitCounted(&file, isFinal: place.isFinal)
    }
    return true
  }

  /// Settles what still waits, if the last file did not come to its end.
  func finish() throws(LedgerError) {
    guard !isClosed else { return }
    var records = RecordBatch()
    try lock()
    let now = clock.now()
    settlement.settleAll(&records)
    try sift(&records, of: last?.file, isAgain: last?.isAgain ?? false, now: now)
    count(records, now: now)
    try writeSums(of: records, now: now)
    try ledger.close(run: run)
    try ledger.ledger.commit()
  }

  /// How many lines wait at most for their commit.
  private static let mostLines: Int64 = 1 << 20

  /// Commits what was counted without the lock; false if that was in vain.
  private func commitCounted(
    _ file: inout ImportFile, isFinal: Bool = false
  ) throws(LedgerError) -> Bool {
    let rows = tally.rollup.count
    guard try !lock() || !tally.labels.hasAdded else {
      // Both may have given one id to different values.
      ledger.ledger.rollback()
      isAlone = false
      return false
    }
    try write(RecordBatch(), &file, isFinal: isFinal, now: clock.now())
    pace.took(lockedFor, forRows: rows, isAlone: !ledger.hasDaemon)
    return true
  }

  /// Begins a transaction, with the label values that another process may have added; true if so.
  @discardableResult
  private func lock() throws(LedgerError) -> Bool {
    let hasNews = try ledger.ledger.begin()
    lockedSince = WallClock.monotonic.now()
    if hasNews && !(isAlone && tally.labels.hasAdded) {
      tally.adopt(try ledger.ledger.labelValues())
      admission = try newAdmission()
    }
    return hasNews
  }

  private func note(_ batch: ImportBatch, of path: String) {
    uncommittedLines += batch.lines
    report.lines += batch.lines
    for (rejection, lines) in batch.rejected {
      report.reject(rejection, count: lines.count, at: "\(path):\(lines.first)")
    }
  }

  private func count(_ records: RecordBatch, now: Timestamp) {
    guard !options.isRehearsal else { return }
    tally.addHistory(records, keepDetailsFrom: now - settings.ledger.detail)
  }

  /// Writes what was counted, and how far the file was read, and commits.
  private func write(
    _ records: RecordBatch, _ file: inout ImportFile, isFinal: Bool, now: Timestamp
  ) throws(LedgerError) {
    try writeSums(of: records, now: now)
    if isReadAgain { try ledger.removeSkips(of: file) }
    isReadAgain = false
    try ledger.save(&file)
    if isFinal { try ledger.close(run: run) }
    try ledger.ledger.commit()
    isClosed = isFinal
    lockedFor = WallClock.monotonic.now() - lockedSince
    tally.markWritten()
    uncommittedLines = 0
    committed = report
  }

  private func writeSums(of records: RecordBatch, now: Timestamp) throws(LedgerError) {
    try days.write(to: ledger)
    for skip in newSkips { try ledger.skip(skip.day, before: skip.before, of: skip.file) }
    newSkips.removeAll()
    try ledger.write(tally, of: records, keepDetailsFrom: now - settings.ledger.detail)
    try ledger.write(settlement.takeChanges(), run: run)
    try ledger.write(admission.takeChanges())
  }

  /// Strikes out what the ledger knows, in its format or another.
  private func admit(_ records: inout RecordBatch, now: Timestamp) throws(LedgerError) {
    ledger.oldest = now - settings.ledger.dedup
    var duplicates: Int64 = 0
    try admission.admit(&records, ledger: ledger, now: now, hasMore: true) { fate, _, _, _ in
      if fate == .duplicate { duplicates += 1 }
    }
    report.duplicates += duplicates
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
      newSkips.append((file, day, oldest))
    }
    return false
  }

  /// Whether a request was left out when its line was read before.
  private func wasLeftOut(
    _ start: Timestamp, _ day: Int32, of file: ImportFile?
  ) throws(LedgerError) -> Bool {
    guard let file, let limit = skips[file.id]?[day], start < limit else { return false }
    try days.open(day, in: ledger)
    return true
  }
}

extension ImportFile {
  /// The text was read up to `line`.
  fileprivate mutating func advance(to line: ImportBatch.Line?, isEnd: Bool) {
    if let line {
      lastLine = line.offset
      lastHash = line.hash
    }
    if let again = againTo, isEnd || lastLine ?? -1 >= again { againTo = nil }
  }
}

extension RecordBatch {
  /// Whether an event began at `time` or later.
  fileprivate func hasEvents(since time: Timestamp) -> Bool {
    requests.contains { $0.identity.start >= time }
      || attempts.contains { $0.identity.start >= time }
  }
}
