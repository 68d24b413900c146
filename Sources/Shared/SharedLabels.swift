import Ledger
import Postgres
import Tally

/// Which id of the shared ledger each id of the local one is.
struct SharedLabels {
  /// A label's value in the local ledger.
  struct Value: Hashable {
    var dimension: Dimension
    var id: UInt32
  }

  private var ids: [Value: Int64] = [:]
  /// Not known yet.
  private var wanted: Set<Value> = []

  /// Notes that the value will be asked for.
  mutating func want(_ dimension: Dimension, _ id: UInt32) {
    guard id > 1 else { return }
    let value = Value(dimension: dimension, id: id)
    if ids[value] == nil { wanted.insert(value) }
  }

  /// None and other are the same everywhere.
  func id(_ dimension: Dimension, _ id: UInt32) -> Int64 {
    id > 1 ? ids[Value(dimension: dimension, id: id)] ?? 1 : Int64(id)
  }

  /// Looks up all that is wanted, and adds to the database what it does not have.
  ///
  /// Not in the transaction that needs them: an id that nobody uses does no harm, and rows that
  /// two sidecars add at the same time would keep one waiting for the other's batch.
  mutating func resolve(
    from spool: SpoolReader, in database: PostgresConnection
  ) throws(SharedLedgerError) {
    guard !wanted.isEmpty else { return }
    var texts: [(value: Value, text: String)] = []
    for value in wanted {
      let text = try local { () throws(LedgerError) in
        try spool.label(value.dimension.text, value.id)
      }
      // A value that the file does not know reads as one too many would.
      if let text { texts.append((value, text)) } else { ids[value] = 1 }
    }
    texts.sort { ($0.value.dimension.text, $0.text) < ($1.value.dimension.text, $1.text) }
    var rows = CopyRows()
    for (value, text) in texts {
      rows.beginRow(columns: 2)
      rows.add(value.dimension.text)
      rows.add(text)
    }
    let found = try sharing { () throws(PostgresError) in try Self.find(rows, in: database) }
    for (value, text) in texts {
      if let id = found[value.dimension.text]?[text] { ids[value] = id }
    }
    wanted.removeAll()
  }

  private static func find(
    _ rows: CopyRows, in database: PostgresConnection
  ) throws(PostgresError) -> [String: [String: Int64]] {
    var found: [String: [String: Int64]] = [:]
    guard !rows.isEmpty else { return found }
    try database.transaction { () throws(PostgresError) in
      try database.copy(rows, into: "new_label(dimension, value)")
      try database.execute(
        """
        INSERT INTO sidelight.label(dimension, value)
        SELECT n.dimension, n.value FROM new_label n LEFT JOIN sidelight.label l
          ON l.dimension = n.dimension AND l.value = n.value
        WHERE l.id IS NULL ORDER BY 1, 2 ON CONFLICT (dimension, value) DO NOTHING
        """)
      let ids = try database.query(
        """
        SELECT l.dimension, l.value, l.id FROM sidelight.label l
        JOIN new_label n ON l.dimension = n.dimension AND l.value = n.value
        """)
      for row in 0..<ids.count {
        found[ids.text(row, 0), default: [:]][ids.text(row, 1)] = ids.integer(row, 2)
      }
    }
    return found
  }
}

/// Runs something that only the local ledger can fail.
func local<Value>(
  _ body: () throws(LedgerError) -> Value
) throws(SharedLedgerError) -> Value {
  do throws(LedgerError) { return try body() } catch { throw .local(error) }
}
