import Glibc
package import Metrics
package import Record
package import Support
package import Tally

/// The durable store: everything that must be there after a crash, in one SQLite file.
///
/// Owned by one thread. One batch is one transaction: identities, sums, rows, waiting failures and
/// checkpoints are committed together or not at all. All sums are added to, never replaced, so that
/// an import beside a running daemon loses nothing of either.
package final class CostLedger {
  /// What a start, or a start over after a failed commit, needs to know.
  package struct Contents {
    package var labelValues: [LabelSpace.Value] = []
    package var series: [(family: Family, key: SeriesKey, numbers: [Int64])] = []
    package var waiting: [WaitingFailure] = []
    package var held = HeldContents()
    package var secret: [UInt8] = []
  }

  let database: Database
  let options: LedgerOptions
  let sql: LedgerSQL
  let healthSQL: HealthSQL
  /// Prepared when there is a budget.
  var budgetSQL: BudgetSQL?
  private let lock: OwnerLock?
  private let place: LedgerPlace
  private var familyIDs: [Int64] = []
  /// What the transaction has written; nil where nobody wants it for a shared ledger.
  package var newEvents: [LedgerEvent]?
  /// Changes when another connection has written.
  var dataVersion: Int64 = 0

  /// Who opens it.
  package enum Role: Sendable {
    /// `sidelight run`: there is only one.
    case owner
    /// `sidelight import`, beside a daemon or alone.
    case guest
    /// `sidelight import --dry-run`: keeps nothing of what it writes.
    case rehearsal
  }

  /// Opens the file, makes it if it is not there, and brings its schema up to date.
  package init(options: LedgerOptions, role: Role) throws(LedgerError) {
    self.options = options
    if role == .rehearsal {
      lock = nil
      database = try Self.openForRehearsal(options.path)
      place = LedgerPlace(path: options.path)
      sql = try LedgerSQL(database)
      healthSQL = try HealthSQL(database)
      return
    }
    lock = try OwnerLock(role == .owner ? .daemon : .importer, of: options.path)
    database = try Database(path: options.path, access: .readWrite)
    do {
      // Pages must be reclaimable before the first table is made.
      try database.execute("PRAGMA auto_vacuum = INCREMENTAL")
      try database.execute("PRAGMA journal_mode = WAL")
      try database.execute("PRAGMA synchronous = FULL")
      // In KiB. An import comes and goes, and touches more pages at a time.
      try database.execute("PRAGMA cache_size = \(role == .guest ? -65536 : -4096)")
      try database.execute("PRAGMA wal_autocheckpoint = \(role == .guest ? 1000 : 2000)")
      try Migrations.run(on: database)
    } catch {
      guard case .unavailable(_, let reason) = error else { throw error }
      throw .cannotOpen(path: options.path, reason: reason)
    }
    place = LedgerPlace(path: options.path)
    sql = try LedgerSQL(database)
    healthSQL = try HealthSQL(database)
    try prepareFamilies()
    try prepareMeta()
  }

  /// Starts the batch's transaction. True if another process has written since the last one, so that
  /// what is in memory must be loaded anew.
  package func begin() throws(LedgerError) -> Bool {
    guard place.isKept else { throw .movedAway(path: options.path) }
    try database.execute("BEGIN IMMEDIATE")
    let version = try database.integer("PRAGMA data_version") ?? 0
    defer { dataVersion = version }
    return version != dataVersion
  }

  /// Whether the event is new; from then on it is known, with the time it took.
  package func admit(
    _ identity: Identity, lasting: TimeSpan = TimeSpan(microseconds: 0)
  ) throws(LedgerError) -> Bool {
    sql.admit.bind(identity.start.microseconds)
    sql.admit.bind(Int64(bitPattern: identity.hash))
    sql.admit.bind(lasting.microseconds)
    try sql.admit.run()
    return database.changes > 0
  }

  /// Writes what the tally changed with `batch`, whose texts the rows need.
  ///
  /// Requests that ended before `keepDetailsFrom` leave no row of their own.
  package func write(
    _ tally: TallyState, of batch: RecordBatch, keepDetailsFrom: Timestamp
  ) throws(LedgerError) {
    try writeUsage(tally, of: batch, keepDetailsFrom: keepDetailsFrom)
    try writeSeries(tally)
  }

  /// The first half of it: roll-ups and single requests, of which questions may be asked before the
  /// counters are complete.
  package func writeUsage(
    _ tally: TallyState, of batch: RecordBatch, keepDetailsFrom: Timestamp
  ) throws(LedgerError) {
    try write(tally.rollup)
    var detailSize: Int64 = 0
    for detail in tally.details where detail.record.end >= keepDetailsFrom {
      try write(detail, of: batch)
      detailSize += Self.size(of: detail.record)
    }
    if detailSize > 0 { try addDetailSize(detailSize) }
  }

  /// The second half: counters and what their labels' ids stand for.
  package func writeSeries(_ tally: TallyState) throws(LedgerError) {
    for value in tally.labels.changedValues { try write(value) }
    for family in Family.allCases { try write(tally[family], of: family) }
  }

  package func write(_ changes: WaitingChanges) throws(LedgerError) {
    for callID in changes.removed {
      sql.removeWaiting.bind(callID)
      try sql.removeWaiting.run()
    }
    for entry in changes.saved {
      sql.saveWaiting.bind(entry.callID)
      sql.saveWaiting.bind(entry.due.microseconds)
      sql.saveWaiting.bind(Int64(entry.isSettled ? 1 : 0))
      sql.saveWaiting.bind(entry.line)
      try sql.saveWaiting.run()
    }
  }

  /// Keeps how far the files of a source were read.
  package func write(
    changed: [FileCheckpoint], removed: [FileCheckpoint], source: String
  ) throws(LedgerError) {
    for checkpoint in removed {
      sql.removeCheckpoint.bind(source)
      sql.removeCheckpoint.bind(Int64(bitPattern: checkpoint.device))
      sql.removeCheckpoint.bind(Int64(bitPattern: checkpoint.inode))
      try sql.removeCheckpoint.run()
    }
    for checkpoint in changed {
      let row = sql.saveCheckpoint
      row.bind(source)
      row.bind(Int64(bitPattern: checkpoint.device))
      row.bind(Int64(bitPattern: checkpoint.inode))
      row.bind(checkpoint.path)
      row.bind(checkpoint.born)
      row.bind(Int64(checkpoint.headLength))
      row.bind(Int64(bitPattern: checkpoint.headHash))
      row.bind(Int64(bitPattern: checkpoint.markHash))
      row.bind(checkpoint.offset)
      try row.run()
    }
  }

  package func commit() throws(LedgerError) { try database.execute("COMMIT") }

  /// Ends a transaction that could not be committed.
  package func rollback() {
    // The error that led here may have ended it already; there is nothing further to undo.
    if database.isInTransaction { try? database.execute("ROLLBACK") }
    newEvents?.removeAll()
  }

  /// Folds the write-ahead log into the file, so that a stopped ledger is one file again.
  package func tidy() {
    // If a reader is in the way, the next start does it.
    try? database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  func familyID(_ family: Family) -> Int64 { familyIDs[Int(family.rawValue)] }
}

extension CostLedger {
  /// The file for reading only, or an empty ledger in memory.
  private static func openForRehearsal(_ path: String) throws(LedgerError) -> Database {
    if access(path, F_OK) == 0 {
      let database = try Database(path: path, access: .readOnly)
      try Migrations.check(database)
      return database
    }
    let database = try Database(path: ":memory:", access: .readWrite)
    try Migrations.run(on: database)
    return database
  }

  private func prepareFamilies() throws(LedgerError) {
    for family in Family.allCases where family.descriptor.origin == .tallied {
      sql.family.bind(family.descriptor.name)
      try sql.family.run()
    }
    let query = try database.prepare("SELECT id FROM family WHERE name = ?")
    familyIDs = []
    for family in Family.allCases {
      query.bind(family.descriptor.name)
      familyIDs.append(try query.step() ? query.integer(0) : 0)
      query.reset()
    }
  }

  private func prepareMeta() throws(LedgerError) {
    let insert = try database.prepare(
      """
      INSERT OR IGNORE INTO meta(key, value)
      VALUES('secret', randomblob(32)), ('detail_size', 0), ('created', unixepoch())
      """)
    try insert.run()
  }
}
