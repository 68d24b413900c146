import Glibc
import Record
package import Support

/// What has become too old, or too much.
extension CostLedger {
  /// Rows dropped in one transaction: a few milliseconds of work.
  private static let slice = 5000

  /// Drops a bounded amount of what is past its time. True if there is more to drop.
  package func dropExpired(now: Timestamp) throws(LedgerError) -> Bool {
    // A clock that is a day ahead must not make it forget what it needs once it is set right.
    var hasMore = try drop(
      from: "identity", by: "start", before: now - options.dedup - .days(1))
    hasMore = try drop(from: "request", by: "\"end\"", before: now - options.detail) || hasMore
    if try detailSize() > options.detailSize {
      _ = try drop(from: "request", by: "\"end\"", before: now + .days(1))
      hasMore = try detailSize() > options.detailSize || hasMore
    }
    hasMore = try drop(from: "budget_mark", by: "until", before: now) || hasMore
    try dropOldBlocks(now: now)
    let quarter = Timestamp(
      microseconds: (now - options.retention).microseconds / 900_000_000)
    hasMore = try drop(from: "rollup", by: "quarter", before: quarter) || hasMore
    for side in 0..<3 {
      hasMore =
        try drop(
          from: "rollup_side", by: "quarter", before: quarter, where: "side = \(side)")
        || hasMore
    }
    for kind in LedgerEvent.Kind.allCases {
      hasMore =
        try drop(
          from: "event", by: "time", before: oldestEvent(of: kind, now: now),
          where: "kind = '\(kind.rawValue)'")
        || hasMore
    }
    try dropGivenUp(now: now)
    try database.execute("PRAGMA incremental_vacuum(256)")
    return hasMore
  }

  /// Events are kept with the roll-ups, but only so many of a kind: many changes of health do not
  /// push out the few budgets that were crossed.
  private func oldestEvent(
    of kind: LedgerEvent.Kind, now: Timestamp
  ) throws(LedgerError) -> Timestamp {
    let excess = try database.integer(
      """
      SELECT time FROM event WHERE kind = '\(kind.rawValue)'
      ORDER BY time DESC LIMIT 1 OFFSET \(LedgerEvent.most)
      """)
    let oldest = now - options.retention
    return excess.map { max(oldest, Timestamp(microseconds: $0 + 1)) } ?? oldest
  }

  /// About how many bytes the single requests take. Kept as a sum, since SQLite could only tell
  /// by reading them all.
  package func detailSize() throws(LedgerError) -> Int64 {
    try database.integer("SELECT value FROM meta WHERE key = 'detail_size'") ?? 0
  }

  func addDetailSize(_ bytes: Int64) throws(LedgerError) {
    sql.detailSize.bind(bytes)
    try sql.detailSize.run()
  }

  /// What a row takes besides its texts, measured over rows of all kinds.
  private static let rowSize: Int64 = 110

  static func size(of record: RequestRecord) -> Int64 {
    rowSize + Int64(min(record.id.count, 128) + min(record.trace.count, 128))
  }

  /// Bytes of the ledger's files on disk.
  package static func fileSize(path: String) -> Int64 {
    [path, path + "-wal"].reduce(0) { sum, file in
      var status = stat()
      return stat(file, &status) == 0 ? sum + Int64(status.st_size) : sum
    }
  }

  private func droppedSize(before bound: Int64) throws(LedgerError) -> Int64 {
    try database.integer(
      """
      SELECT sum(
        \(Self.rowSize) + ifnull(length(CAST(id AS BLOB)), 0)
        + ifnull(length(CAST(trace AS BLOB)), 0))
      FROM request WHERE "end" < \(bound)
      """) ?? 0
  }

  private func drop(
    from table: String, by column: String, before limit: Timestamp, where scope: String = "1"
  ) throws(LedgerError) -> Bool {
    // The key begins with the column, so the slice is found and dropped without a scan.
    func value(at offset: Int) throws(LedgerError) -> Int64? {
      try database.integer(
        """
        SELECT \(column) FROM \(table) WHERE \(scope)
        ORDER BY \(column) LIMIT 1 OFFSET \(offset)
        """)
    }
    guard let first = try value(at: 0), first < limit.microseconds else { return false }
    let next = try value(at: Self.slice) ?? .max
    // Rows of the same value go together, however many they are.
    let bound = min(limit.microseconds, max(next, first + 1))
    try database.execute("BEGIN IMMEDIATE")
    do throws(LedgerError) {
      if table == "request" { try addDetailSize(-droppedSize(before: bound)) }
      try database.execute("DELETE FROM \(table) WHERE \(scope) AND \(column) < \(bound)")
      try commit()
    } catch {
      rollback()
      throw error
    }
    return bound < limit.microseconds
  }
}
