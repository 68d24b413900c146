package import Support

/// The outbox's statements, prepared once.
struct OutboxSQL {
  let add: Statement
  let update: Statement
  let remove: Statement
  let bringForward: Statement

  init(_ database: Database) throws(LedgerError) {
    add = try database.prepare(
      """
      INSERT OR IGNORE INTO outbox(
        receiver, id, ordering, title, body, created, due, attempts, barred, given_up, answer)
      VALUES(?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)
      """)
    update = try database.prepare(
      """
      UPDATE outbox SET due = ?, attempts = ?, barred = ?, given_up = ?, answer = ?
      WHERE number = ?
      """)
    remove = try database.prepare("DELETE FROM outbox WHERE number = ?")
    bringForward = try database.prepare(
      "UPDATE outbox SET due = ? WHERE receiver = ? AND given_up IS NULL AND due > ?")
  }
}

/// What waits to be delivered, and what was given up.
extension CostLedger {
  /// Adds a message within the batch's transaction; nil if the receiver has one with this id.
  package func add(_ row: OutboxRow) throws(LedgerError) -> OutboxRow? {
    let insert = sql.outbox.add
    insert.bind(row.receiver)
    insert.bind(row.id)
    insert.bind(row.orderingKey)
    insert.bind(row.title)
    insert.bind(row.body)
    insert.bind(row.created.microseconds)
    insert.bind(row.due.microseconds)
    insert.bind(optional: row.givenUp?.microseconds)
    insert.bind(row.answer)
    try insert.run()
    guard database.changes > 0 else { return nil }
    var added = row
    added.number = database.lastRow
    return added
  }

  /// Writes down what came of an attempt, within the batch's transaction.
  package func write(_ change: OutboxChange) throws(LedgerError) {
    switch change.fate {
    case .delivered:
      sql.outbox.remove.bind(change.number)
      try sql.outbox.remove.run()
    case .waits(let due): try update(change, due: due, givenUp: nil)
    case .givenUp(let time): try update(change, due: time, givenUp: time)
    }
    guard let due = change.allDueFrom else { return }
    sql.outbox.bringForward.bind(due.microseconds)
    sql.outbox.bringForward.bind(change.receiver)
    sql.outbox.bringForward.bind(due.microseconds)
    try sql.outbox.bringForward.run()
  }

  private func update(
    _ change: OutboxChange, due: Timestamp, givenUp: Timestamp?
  ) throws(LedgerError) {
    let update = sql.outbox.update
    update.bind(due.microseconds)
    update.bind(Int64(change.attempts))
    update.bind(Int64(change.isBarred ? 1 : 0))
    update.bind(optional: givenUp?.microseconds)
    update.bind(change.answer)
    update.bind(change.number)
    try update.run()
  }

  /// All that waits, in order.
  package func waitingMessages() throws(LedgerError) -> [OutboxRow] {
    try database.outbox("given_up IS NULL")
  }

  /// Given-up messages are kept for so long, and so many of them.
  static let keepGivenUp = TimeSpan.days(30)
  static let mostGivenUp = 1000

  /// Drops messages that were given up long ago, or that are too many.
  func dropGivenUp(now: Timestamp) throws(LedgerError) {
    let oldest = (now - Self.keepGivenUp).microseconds
    try database.execute(
      """
      DELETE FROM outbox WHERE given_up < \(oldest) OR given_up IS NOT NULL AND number NOT IN (
        SELECT number FROM outbox WHERE given_up IS NOT NULL
        ORDER BY given_up DESC LIMIT \(Self.mostGivenUp))
      """)
  }
}

/// What an operator does to the outbox, beside a daemon or alone.
package final class OutboxDesk {
  private let database: Database

  /// Opens the ledger of the file; there must be one.
  package init(path: String) throws(LedgerError) {
    database = try Database(path: path, access: .readWrite, mayCreate: false)
    try Migrations.check(database)
  }

  /// What waits and what was given up, in order.
  package func messages() throws(LedgerError) -> [OutboxRow] { try database.outbox("1") }

  /// Makes a message due now, whether it waits or was given up. False if there is none.
  ///
  /// A running daemon sees it within a second.
  package func retry(_ number: Int64, now: Timestamp) throws(LedgerError) -> Bool {
    // As if it were new: its three days begin again.
    try database.execute(
      """
      UPDATE outbox SET due = \(now.microseconds), created = \(now.microseconds), attempts = 0,
        barred = 0, given_up = NULL WHERE number = \(number)
      """)
    return database.changes > 0
  }

  /// Forgets a message. False if there is none.
  package func drop(_ number: Int64) throws(LedgerError) -> Bool {
    try database.execute("DELETE FROM outbox WHERE number = \(number)")
    return database.changes > 0
  }
}

extension Database {
  fileprivate func outbox(_ condition: String) throws(LedgerError) -> [OutboxRow] {
    let query = try prepare(
      """
      SELECT number, receiver, id, ordering, title, body, created, due, attempts, barred, given_up,
        answer
      FROM outbox WHERE \(condition) ORDER BY number
      """)
    var rows: [OutboxRow] = []
    while try query.step() {
      var row = OutboxRow(
        receiver: query.text(1), id: query.text(2), orderingKey: query.text(3),
        title: query.text(4), body: query.blob(5),
        created: Timestamp(microseconds: query.integer(6)))
      row.number = query.integer(0)
      row.due = Timestamp(microseconds: query.integer(7))
      row.attempts = Int(query.integer(8))
      row.isBarred = query.integer(9) != 0
      row.givenUp = query.optionalInteger(10).map(Timestamp.init(microseconds:))
      row.answer = query.text(11)
      rows.append(row)
    }
    return rows
  }
}
