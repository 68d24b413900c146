package import Support

/// What waits to be forwarded to a shared ledger.
extension CostLedger {
  /// How much there is.
  package struct Spool: Sendable, Equatable {
    package var bytes: Int64 = 0
    /// When the oldest was written; nil of nothing.
    package var oldest: Timestamp?
    /// The number of the row that was written last, whether it is still there or not.
    package var last: Int64 = 0

    /// Nothing.
    package init() {}
  }

  /// How this ledger makes itself known to the shared one.
  package struct Writer: Sendable, Equatable {
    /// Of the file: the same after a restart, another for a copy that went its own way.
    package var id: String
    /// By which the shared ledger knew it last, and the one to be used from now on.
    package var tokens: [String]
  }

  /// Measures what waits.
  package func spool() throws(LedgerError) -> Spool {
    var spool = Spool()
    spool.bytes = try database.integer("SELECT sum(bytes) FROM spool") ?? 0
    spool.oldest = try oldestSpooled()
    spool.last =
      try database.integer("SELECT seq FROM sqlite_sequence WHERE name = 'spool'") ?? 0
    return spool
  }

  /// When the oldest row was written; nil if there is none.
  package func oldestSpooled() throws(LedgerError) -> Timestamp? {
    try database.integer("SELECT made FROM spool ORDER BY number LIMIT 1")
      .map(Timestamp.init(microseconds:))
  }

  /// Adds a row within the batch's transaction.
  package func addToSpool(
    _ body: [UInt8], requests: Int, now: Timestamp
  ) throws(LedgerError) {
    let insert = try database.prepare(
      "INSERT INTO spool(made, requests, bytes, body) VALUES(?, ?, ?, ?)")
    insert.bind(now.microseconds)
    insert.bind(Int64(requests))
    insert.bind(Int64(body.count))
    insert.bind(body)
    try insert.run()
  }

  /// The number of the row that was added last in this transaction.
  package var lastSpooled: Int64 { database.lastRow }

  /// Drops the rows that the shared ledger holds; their bytes.
  package func dropSpooled(upTo number: Int64) throws(LedgerError) -> Int64 {
    let bytes = try database.integer("SELECT sum(bytes) FROM spool WHERE number <= \(number)")
    guard let bytes else { return 0 }
    try database.execute("DELETE FROM spool WHERE number <= \(number)")
    return bytes
  }

  /// The ledger's name for the shared one, with the token for this process.
  ///
  /// The token is written before it is used: whichever the shared ledger holds after a crash, it is
  /// one of those that this file knows.
  package func openWriter(newToken: String) throws(LedgerError) -> Writer {
    let insert = try database.prepare(
      "INSERT OR IGNORE INTO meta(key, value) VALUES('writer', lower(hex(randomblob(16))))")
    try insert.run()
    // A token that was never confirmed may be the one that is known there: it stays in use.
    let token = try text("writer_token")
    let next = try database.prepare("INSERT OR IGNORE INTO meta(key, value) VALUES(?, ?)")
    next.bind("writer_next")
    next.bind(newToken)
    try next.run()
    return Writer(
      id: try text("writer") ?? "",
      tokens: [token, try text("writer_next")].compactMap { $0 })
  }

  /// The shared ledger knows `writer` by its last token now; within the batch's transaction.
  package func confirm(_ writer: Writer) throws(LedgerError) {
    let save = try database.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)")
    for (key, value) in [("writer", writer.id), ("writer_token", writer.tokens.last ?? "")] {
      save.bind(key)
      save.bind(value)
      try save.run()
    }
    try database.execute("DELETE FROM meta WHERE key = 'writer_next'")
  }

  /// Makes pseudonyms as the shared ledger's other sidecars do, from the next load on.
  package func adopt(secret: [UInt8]) throws(LedgerError) {
    let save = try database.prepare("UPDATE meta SET value = ? WHERE key = 'secret'")
    save.bind(secret)
    try save.run()
  }

  private func text(_ key: String) throws(LedgerError) -> String? {
    let query = try database.prepare("SELECT value FROM meta WHERE key = ?")
    query.bind(key)
    return try query.step() ? query.text(0) : nil
  }
}

/// A look at the spool beside its writer, on a thread of its own.
package final class SpoolReader {
  /// A row of the spool.
  package struct Row: Sendable {
    package var number: Int64
    package var made: Timestamp
    /// Nil if the bytes are not what was written.
    package var batch: SpooledBatch?
    package var size: Int
  }

  private let database: Database
  private let rows: Statement
  private let label: Statement

  /// Opens the local ledger, which there has to be.
  package init(path: String) throws(LedgerError) {
    database = try Database(path: path, access: .readOnly)
    rows = try database.prepare(
      "SELECT number, made, requests, body FROM spool WHERE number > ? ORDER BY number")
    label = try database.prepare("SELECT value FROM label_value WHERE label = ? AND id = ?")
  }

  /// The next rows in order, at least one if there is any, else as many as hold `requests`.
  package func rows(
    after number: Int64, requests: Int, bytes: Int
  ) throws(LedgerError) -> [Row] {
    rows.bind(number)
    defer { rows.reset() }
    var found: [Row] = []
    var (count, size) = (0, 0)
    while try rows.step() {
      let body = rows.blob(3)
      count += Int(rows.integer(2))
      size += body.count
      if !found.isEmpty, count > requests || size > bytes { break }
      found.append(
        Row(
          number: rows.integer(0), made: Timestamp(microseconds: rows.integer(1)),
          batch: try? SpooledBatch(encoded: body), size: body.count))
    }
    return found
  }

  /// The text of a label's value; nil if there is none.
  package func label(_ dimension: String, _ id: UInt32) throws(LedgerError) -> String? {
    label.bind(dimension)
    label.bind(id)
    defer { label.reset() }
    return try label.step() ? label.text(0) : nil
  }
}
