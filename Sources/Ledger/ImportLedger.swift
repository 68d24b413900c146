package import Record
package import Support
package import Tally

/// What an import asks of the ledger and leaves there besides the sums: how far it came, so that it
/// goes on after a crash. There is one import at a time.
package final class ImportLedger {
  package let ledger: CostLedger
  /// Events that began before are remembered no longer than the import.
  package var oldest = Timestamp(microseconds: .min)
  private let isRehearsal: Bool
  private let sql: ImportSQL

  /// Opens the ledger; a rehearsal changes nothing in it, and makes none where there is none.
  package init(options: LedgerOptions, isRehearsal: Bool) throws(LedgerError) {
    self.isRehearsal = isRehearsal
    ledger = try CostLedger(options: options, role: isRehearsal ? .rehearsal : .guest)
    if isRehearsal { try Self.makeTemporaryTables(ledger.database) }
    sql = try ImportSQL(ledger.database, isRehearsal: isRehearsal)
  }

  /// Whether a daemon works with the ledger now.
  package var hasDaemon: Bool { OwnerLock.isTaken(.daemon, of: ledger.options.path) }

  /// Writes what the tally's history changed; a rehearsal writes nothing.
  package func write(
    _ tally: TallyState, of batch: RecordBatch, keepDetailsFrom: Timestamp
  ) throws(LedgerError) {
    guard !isRehearsal else { return }
    try ledger.write(tally, of: batch, keepDetailsFrom: keepDetailsFrom)
  }

  /// Whether `run` was the first to add to a day (UTC, since the epoch).
  package func owns(_ day: Int32, run: Int64) throws(LedgerError) -> Bool {
    try sql.ownsDay.integer(Int64(day), run) > 0
  }

  /// Whether the ledger has nothing of a day.
  package func isEmpty(_ day: Int32) throws(LedgerError) -> Bool {
    try sql.hasRows.integer(Int64(day) * 96, Int64(day) * 96 + 96) == 0
  }

  /// Makes a day the run's own.
  package func add(_ day: Int32, run: Int64) throws(LedgerError) {
    try sql.addDay.run(Int64(day), run)
  }

  /// Keeps what waits in the run, so that a crash loses no failure.
  package func write(_ changes: WaitingChanges, run: Int64) throws(LedgerError) {
    for callID in changes.removed {
      sql.removeWaiting.bind(run)
      sql.removeWaiting.bind(callID)
      try sql.removeWaiting.run()
    }
    for entry in changes.saved {
      sql.saveWaiting.bind(run)
      sql.saveWaiting.bind(entry.callID)
      sql.saveWaiting.bind(entry.due.microseconds)
      sql.saveWaiting.bind(Int64(entry.isSettled ? 1 : 0))
      sql.saveWaiting.bind(entry.line)
      try sql.saveWaiting.run()
    }
  }

  /// What waited when the run was interrupted.
  package func waiting(run: Int64) throws(LedgerError) -> [WaitingFailure] {
    sql.waiting.bind(run)
    defer { sql.waiting.reset() }
    var entries: [WaitingFailure] = []
    while try sql.waiting.step() {
      entries.append(
        WaitingFailure(
          callID: sql.waiting.blob(0), due: Timestamp(microseconds: sql.waiting.integer(1)),
          isSettled: sql.waiting.integer(2) != 0, line: sql.waiting.blob(3)))
    }
    return entries
  }

  private static func makeTemporaryTables(_ database: Database) throws(LedgerError) {
    // An unqualified name means the temporary table where there is one.
    let definitions = Migrations.importTables.split(separator: "CREATE TABLE ").dropFirst()
    for definition in definitions {
      try database.execute("CREATE TEMP TABLE \(definition)")
      let name = definition.prefix { $0 != "(" }
      try database.execute("INSERT INTO temp.\(name) SELECT * FROM main.\(name)")
    }
    try database.execute(
      """
      CREATE TEMP TABLE import_seen(
        start INTEGER NOT NULL, hash INTEGER NOT NULL, span INTEGER NOT NULL,
        PRIMARY KEY(start, hash)) WITHOUT ROWID
      """)
  }
}

/// Events, by their identities. Those older than what the ledger remembers, and all that a rehearsal
/// counts, are in a table that lasts as long as the import.
extension ImportLedger {
  /// Whether the event is new; from then on it is known, with the time it took.
  package func admit(_ identity: Identity, lasting: TimeSpan) throws(LedgerError) -> Bool {
    if !isRehearsal && identity.start >= oldest {
      return try ledger.admit(identity, lasting: lasting)
    }
    try sql.admitOld.run(
      identity.start.microseconds, Int64(bitPattern: identity.hash), lasting.microseconds)
    return ledger.database.changes > 0
  }

  /// Whether the very event was counted.
  package func isKnown(_ identity: Identity) throws(LedgerError) -> Bool {
    if try ledger.isKnown(identity) { return true }
    let hash = Int64(bitPattern: identity.hash)
    return try sql.isKnownOld.integer(identity.start.microseconds, hash) > 0
  }

  /// Whether an event of `kind` was counted that has the call id's hash and overlaps with the time
  /// from `start` to `end`; `indexCalls` comes first.
  package func wasCounted(
    _ kind: EventKind, call: UInt64, from start: Timestamp, to end: Timestamp
  ) throws(LedgerError) -> Bool {
    if !isRehearsal, try ledger.wasCounted(kind, call: call, from: start, to: end) { return true }
    let hash = Int64(bitPattern: Identity.hash(call, kind))
    return try sql.latestOld.integer(hash, end.microseconds) >= start.microseconds
  }

  /// Has identities found by call; a rehearsal, which may not index the ledger, copies them.
  package func indexCalls() throws(LedgerError) {
    guard isRehearsal else { return try ledger.indexCalls() }
    try ledger.database.execute(
      """
      INSERT OR IGNORE INTO import_seen SELECT start, hash, span FROM main.identity;
      CREATE INDEX temp.import_seen_call ON import_seen(hash, start, span);
      """)
  }

  /// Whether an interrupted import has left old events to be known.
  package func hasOldEvents() throws(LedgerError) -> Bool { try sql.hasOld.integer() > 0 }

  /// Until when which formats were seen.
  package func formats() throws(LedgerError) -> HeldContents {
    var contents = try ledger.held()
    // What waits is the daemon's.
    contents.events = []
    return contents
  }

  /// Keeps what `formats` tells; a rehearsal does not.
  package func write(_ changes: HeldChanges) throws(LedgerError) {
    if !isRehearsal { try ledger.write(changes) }
  }
}

/// Runs: commands that are not through. One that is called again goes on where it stopped.
extension ImportLedger {
  /// The run that the `files` belong to that are not read to their end: the interrupted one, or a
  /// new one.
  package func openRun(of files: [ImportFile]) throws(LedgerError) -> Int64 {
    let open = try Set(sql.runs.integers())
    let interrupted = Set(files.map(\.run)).intersection(open).sorted()
    guard let first = interrupted.first else {
      try sql.addRun.run()
      return ledger.database.lastRow
    }
    for other in interrupted.dropFirst() {
      for statement in sql.moveRun { try statement.run(first, other) }
      try sql.removeRun.run(other)
    }
    return first
  }

  /// Ends the run; what was not read to its end stays, so that a later command goes on.
  package func close(run: Int64) throws(LedgerError) {
    try sql.removeRunWaiting.run(run)
    if try sql.unread.integer(run) == 0 {
      try sql.removeDays.run(run)
      try sql.removeRun.run(run)
    }
    try sql.removeOld.run()
    // A forgotten file's days are known by their roll-ups.
    for statement in sql.forgetFiles { try statement.run() }
  }
}

/// Files.
extension ImportLedger {
  /// All texts that were read or begun.
  package func files() throws(LedgerError) -> [ImportFile] {
    var files: [ImportFile] = []
    let rows = sql.files
    defer { rows.reset() }
    while try rows.step() {
      var file = ImportFile(
        headLength: Int(rows.integer(2)), headHash: UInt64(bitPattern: rows.integer(3)))
      file.id = rows.integer(0)
      file.run = rows.integer(1)
      file.lastLine = rows.integer(4) < 0 ? nil : rows.integer(4)
      file.lastHash = UInt64(bitPattern: rows.integer(5))
      file.latest = Timestamp(microseconds: rows.integer(6))
      file.againTo = rows.integer(7) < 0 ? nil : rows.integer(7)
      file.stamp = rows.integer(8)
      files.append(file)
    }
    return files
  }

  /// Keeps how far a file was read, and gives a new one its id.
  package func save(_ file: inout ImportFile) throws(LedgerError) {
    let row = file.id == 0 ? sql.addFile : sql.saveFile
    row.bind(file.run)
    row.bind(Int64(file.headLength))
    row.bind(Int64(bitPattern: file.headHash))
    row.bind(file.lastLine ?? -1)
    row.bind(Int64(bitPattern: file.lastHash))
    row.bind(file.latest.microseconds)
    row.bind(file.againTo ?? -1)
    row.bind(file.stamp)
    if file.id != 0 { row.bind(file.id) }
    try row.run()
    if file.id == 0 { file.id = ledger.database.lastRow }
  }

  /// What was left out of a file because the ledger had the day (UTC, since the epoch) already:
  /// requests that began before some time; later ones were known by their identities.
  package func skips(of file: ImportFile) throws(LedgerError) -> [Int32: Timestamp] {
    sql.skips.bind(file.id)
    defer { sql.skips.reset() }
    var skips: [Int32: Timestamp] = [:]
    while try sql.skips.step() {
      let day = Int32(clamping: sql.skips.integer(0))
      skips[day] = Timestamp(microseconds: sql.skips.integer(1))
    }
    return skips
  }

  /// Remembers that requests of `day` that began before `limit` were left out; the first time counts.
  package func skip(
    _ day: Int32, before limit: Timestamp, of file: ImportFile
  ) throws(LedgerError) {
    try sql.addSkip.run(file.id, Int64(day), limit.microseconds)
  }

  /// Nothing is left out of a file any more.
  package func removeSkips(of file: ImportFile) throws(LedgerError) {
    try sql.removeSkips.run(file.id)
  }
}
