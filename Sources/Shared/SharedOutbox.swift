import Ledger
import Postgres
import Support

/// What receivers are told, by whichever sidecar serves them.
extension SharedDesk {
  /// Adds a message unless the receiver has one with this id.
  func insert(_ row: OutboxRow) throws(PostgresError) {
    _ = try database.query(
      """
      INSERT INTO sidelight.outbox(
        receiver, id, ordering, title, body, created, due, attempts, barred, answer)
      VALUES ($1, $2, $3, $4, $5, $6, $7, 0, false, '') ON CONFLICT (receiver, id) DO NOTHING
      """,
      [
        PostgresValue(text: row.receiver), .text(row.id), PostgresValue(text: row.orderingKey),
        PostgresValue(text: row.title), .bytes(row.body), .integer(row.created.microseconds),
        .integer(row.due.microseconds),
      ])
  }

  /// Writes down what came of an attempt.
  func write(_ change: OutboxChange) throws(PostgresError) {
    switch change.fate {
    case .delivered:
      _ = try database.query(
        "DELETE FROM sidelight.outbox WHERE number = $1", [.integer(change.number)])
    case .waits(let due): try update(change, due: due, givenUp: nil)
    case .givenUp(let time): try update(change, due: time, givenUp: time)
    }
    guard let due = change.allDueFrom else { return }
    _ = try database.query(
      """
      UPDATE sidelight.outbox SET due = $1 WHERE receiver = $2 AND given_up IS NULL AND due > $1
      """, [.integer(due.microseconds), PostgresValue(text: change.receiver)])
  }

  private func update(
    _ change: OutboxChange, due: Timestamp, givenUp: Timestamp?
  ) throws(PostgresError) {
    _ = try database.query(
      """
      UPDATE sidelight.outbox SET due = $2, attempts = $3, barred = $4, given_up = $5, answer = $6
      WHERE number = $1
      """,
      [
        .integer(change.number), .integer(due.microseconds), .integer(Int64(change.attempts)),
        .flag(change.isBarred), PostgresValue(givenUp?.microseconds),
        PostgresValue(text: change.answer),
      ])
  }

  /// The first that wait for these receivers, in order.
  func letters(for receivers: [String]) throws(PostgresError) -> [OutboxRow] {
    var letters: [OutboxRow] = []
    for receiver in receivers {
      let rows = try database.query(
        """
        SELECT number, id, ordering, title, body, created, due, attempts, barred, answer
        FROM sidelight.outbox WHERE receiver = $1 AND given_up IS NULL
        ORDER BY number LIMIT \(Self.mostLetters)
        """, [PostgresValue(text: receiver)])
      for row in 0..<rows.count {
        var letter = OutboxRow(
          receiver: receiver, id: rows.text(row, 1), orderingKey: rows.text(row, 2),
          title: rows.text(row, 3), body: rows.bytes(row, 4),
          created: Timestamp(microseconds: rows.integer(row, 5) ?? 0))
        letter.number = rows.integer(row, 0) ?? 0
        letter.due = Timestamp(microseconds: rows.integer(row, 6) ?? 0)
        letter.attempts = Int(rows.integer(row, 7) ?? 0)
        letter.isBarred = rows.flag(row, 8)
        letter.answer = rows.text(row, 9)
        letters.append(letter)
      }
    }
    return letters
  }
}
