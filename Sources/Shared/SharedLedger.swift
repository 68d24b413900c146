package import Ledger
package import Postgres
import Record
package import Support
import Tally

/// One sidecar's connection to the shared ledger, by which it adds what it has counted.
///
/// Owned by one thread. Each group of spool rows is one transaction, which also moves the sidecar's
/// mark from the row before the group to its last one: a group that is sent again after a crash
/// finds the mark moved, and is not applied twice.
package final class SharedLedger {
  /// Who adds.
  package struct Member: Sendable, Equatable {
    /// The name in the configuration, each sidecar's own.
    package var instance: String
    package var writer: CostLedger.Writer

    package init(instance: String, writer: CostLedger.Writer) {
      self.instance = instance
      self.writer = writer
    }
  }

  /// What came of a group.
  package struct Outcome: Sendable, Equatable {
    package var requests = 0
    /// Requests that another sidecar had counted before.
    package var duplicates = 0
  }

  let database: PostgresConnection
  private(set) var member: Member
  /// The last row of the spool that is here.
  private(set) var applied: Int64
  var labels = SharedLabels()
  private let detail: TimeSpan

  /// Who is silent for so long has left its name to others.
  static let silence = "30 seconds"

  /// Connects, sets up the tables if need be, and takes the member's place.
  ///
  /// `next` is the first row that waits; up to `known` the local ledger has numbered rows.
  package init(
    _ options: PostgresOptions, member: Member, next: Int64, known: Int64, detail: TimeSpan,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(SharedLedgerError) {
    self.member = member
    self.detail = detail
    applied = 0
    database = try sharing { () throws(PostgresError) in
      try PostgresConnection(options, isCancelled: isCancelled)
    }
    try SharedSchema.prepare(database)
    try sharing { () throws(PostgresError) in try makeTemporaryTables() }
    try claim(next: next, known: known)
  }

  package var place: String { database.place }
  package var isOpen: Bool { database.isOpen }

  private func makeTemporaryTables() throws(PostgresError) {
    try database.execute(
      """
      CREATE TEMPORARY TABLE new_identity(start bigint, hash bigint) ON COMMIT DELETE ROWS;
      CREATE TEMPORARY TABLE new_label(dimension text, value text) ON COMMIT DELETE ROWS;
      CREATE TEMPORARY TABLE new_scope(budget text, value text, rate double precision,
        rate_time bigint, half_life double precision) ON COMMIT DELETE ROWS;
      CREATE TEMPORARY TABLE new_spend(budget text, value text, start bigint, spent bigint)
        ON COMMIT DELETE ROWS;
      CREATE TEMPORARY TABLE new_rollup(LIKE sidelight.rollup) ON COMMIT DELETE ROWS;
      CREATE TEMPORARY TABLE new_side(LIKE sidelight.rollup_side) ON COMMIT DELETE ROWS;
      """)
  }

  /// The secret by which all sidecars make pseudonyms: the first one's.
  package func secret(offering own: [UInt8]) throws(SharedLedgerError) -> [UInt8] {
    try sharing { () throws(PostgresError) in
      _ = try database.query(
        "INSERT INTO sidelight.meta(key, value) VALUES ('secret', $1) ON CONFLICT DO NOTHING",
        [.bytes(own)])
      let rows = try database.query("SELECT value FROM sidelight.meta WHERE key = 'secret'")
      return rows.bytes(0, 0)
    }
  }

  /// Adds the group, or finds that it is there; what of it was new.
  package func apply(_ rows: [SpoolReader.Row], from spool: SpoolReader, now: Timestamp)
    throws(SharedLedgerError) -> Outcome
  {
    guard var group = ForwardGroup(rows.filter { $0.number > applied }) else { return Outcome() }
    group.want(from: &labels)
    try labels.resolve(from: spool, in: database)
    var outcome = Outcome()
    let before = group.requests.count
    let result = try sharing { () throws(PostgresError) in
      try database.transaction { () throws(PostgresError) -> Bool in
        guard try advance(group.numbers) else { return false }
        try admit(&group)
        try write(group, now: now)
        return true
      }
    }
    guard result else {
      // Somebody else is this member now.
      throw .replaced(place: place, instance: member.instance)
    }
    applied = group.numbers.upperBound
    outcome.requests = group.requests.count
    outcome.duplicates = before - group.requests.count
    return outcome
  }

  /// Moves the mark over the group, within its transaction. False if it is not where it was.
  private func advance(_ numbers: ClosedRange<Int64>) throws(PostgresError) -> Bool {
    let moved = try database.query(
      """
      UPDATE sidelight.writer SET applied = $1 WHERE id = $2 AND token = $3 AND applied = $4
      """,
      [
        .integer(numbers.upperBound), .text(member.writer.id), .text(token),
        .integer(numbers.lowerBound - 1),
      ])
    return moved.changes == 1
  }

  var token: String { member.writer.tokens.last ?? "" }

  /// Keeps the identities that nobody had, and leaves out the requests of all others.
  private func admit(_ group: inout ForwardGroup) throws(PostgresError) {
    guard !group.requests.isEmpty else { return }
    try database.copy(group.identities, into: "new_identity(start, hash)")
    let fresh = try database.query(
      """
      INSERT INTO sidelight.identity(start, hash)
      SELECT start, hash FROM new_identity ORDER BY start, hash
      ON CONFLICT (start, hash) DO NOTHING RETURNING start, hash
      """)
    guard fresh.count < group.requests.count else { return }
    var kept: Set<Identity> = []
    for row in 0..<fresh.count {
      kept.insert(
        Identity(
          start: Timestamp(microseconds: fresh.integer(row, 0) ?? 0),
          hash: UInt64(bitPattern: fresh.integer(row, 1) ?? 0)))
    }
    group.keep(kept)
  }

  private func write(_ group: ForwardGroup, now: Timestamp) throws(PostgresError) {
    try database.copy(
      group.details(since: now - detail, labels),
      into: "sidelight.request(\(ForwardGroup.requestColumns))")
    for (place, event) in group.events.enumerated() {
      try write(event, number: group.numbers.upperBound << 20 | Int64(place))
    }
    // Last, since others may wait for these rows.
    try add(group.spends)
    let sums = group.sums
    try add(
      sums.rows(labels), to: "rollup", through: "new_rollup", keys: RollupDelta.rowKeys)
    try add(
      sums.sides(labels), to: "rollup_side", through: "new_side", keys: RollupDelta.sideKeys)
  }

  /// Moves the mark over a row that cannot be added.
  package func skip(_ number: Int64) throws(SharedLedgerError) {
    let isMoved = try sharing { () throws(PostgresError) in try advance(number...number) }
    guard isMoved else { throw .replaced(place: place, instance: member.instance) }
    applied = number
  }

  private func write(_ event: LedgerEvent, number: Int64) throws(PostgresError) {
    _ = try database.query(
      """
      INSERT INTO sidelight.event(time, writer, number, instance, kind, subject, detail)
      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
      """,
      [
        .integer(event.time.microseconds), .text(member.writer.id), .integer(number),
        PostgresValue(text: member.instance), .text(event.kind.rawValue),
        PostgresValue(text: event.subject), PostgresValue(text: event.detail.encoded),
      ])
  }

  /// Adds to the rows of a table in the order of its key, so that no two sidecars wait for each
  /// other.
  private func add(
    _ rows: CopyRows, to table: String, through temporary: String, keys: [String]
  ) throws(PostgresError) {
    guard !rows.isEmpty else { return }
    let columns = (keys + RollupSums.columns).joined(separator: ", ")
    let keyList = keys.joined(separator: ", ")
    // A sum stays at the largest number instead of failing: a log may say anything.
    let sums = RollupSums.columns.map { column in
      """
      \(column) = least(9223372036854775807, t.\(column)::numeric + excluded.\(column))::bigint
      """
    }
    try database.copy(rows, into: "\(temporary)(\(columns))")
    try database.execute(
      """
      INSERT INTO sidelight.\(table) AS t (\(columns))
      SELECT \(columns) FROM \(temporary) ORDER BY \(keyList)
      ON CONFLICT (\(keyList)) DO UPDATE SET \(sums.joined(separator: ", "))
      """)
  }
}

extension SharedLedger {
  /// Takes the member's place: its name, if no other sidecar lives under it, and its mark.
  private func claim(next: Int64, known: Int64) throws(SharedLedgerError) {
    let hasName = try sharing { () throws(PostgresError) in
      try database.transaction { () throws(PostgresError) -> Bool in
        // First, so that a name which is taken leaves everything as it was.
        guard try !isNameTaken() else { return false }
        try openMark(next: next, known: known)
        return try takeName()
      }
    }
    guard hasName else { throw .nameTaken(place: place, instance: member.instance) }
  }

  private func isNameTaken() throws(PostgresError) -> Bool {
    let holders = try database.query(
      """
      SELECT token, seen >= now() - interval '\(Self.silence)' FROM sidelight.instance
      WHERE name = $1 FOR UPDATE
      """, [PostgresValue(text: member.instance)])
    return holders.count == 1 && holders.flag(0, 1)
      && !member.writer.tokens.contains(holders.text(0, 0))
  }

  /// Finds the local ledger's mark. If another state of the file has moved it, such as one before an
  /// older copy was put back, its numbers mean other rows: the file gets a mark of its own.
  private func openMark(next: Int64, known: Int64) throws(PostgresError) {
    let find = "SELECT token, applied FROM sidelight.writer WHERE id = $1 FOR UPDATE"
    let found = try database.query(find, [.text(member.writer.id)])
    let mark = found.count == 1 ? found.integer(0, 1) ?? 0 : 0
    if found.count == 1, mark <= known, member.writer.tokens.contains(found.text(0, 0)) {
      applied = mark
      _ = try database.query(
        "UPDATE sidelight.writer SET token = $2 WHERE id = $1",
        [.text(member.writer.id), .text(token)])
      return
    }
    if found.count == 1 { member.writer.id = randomID() }
    applied = next - 1
    _ = try database.query(
      "INSERT INTO sidelight.writer(id, token, applied) VALUES ($1, $2, $3)",
      [.text(member.writer.id), .text(token), .integer(applied)])
  }

  /// False if another sidecar was the first to take a name that nobody had.
  private func takeName() throws(PostgresError) -> Bool {
    let taken = try database.query(
      """
      INSERT INTO sidelight.instance AS i (name, writer, token, seen) VALUES ($1, $2, $3, now())
      ON CONFLICT (name) DO UPDATE SET writer = excluded.writer, token = excluded.token, seen = now()
      WHERE i.token = $4 OR i.token = $3 OR i.seen < now() - interval '\(Self.silence)'
      """,
      [
        PostgresValue(text: member.instance), .text(member.writer.id), .text(token),
        .text(member.writer.tokens.first ?? ""),
      ])
    return taken.changes == 1
  }

  /// Says that it lives; to be called every few seconds.
  package func beat() throws(SharedLedgerError) {
    let beaten = try sharing { () throws(PostgresError) in
      try database.query(
        "UPDATE sidelight.instance SET seen = now() WHERE name = $1 AND token = $2",
        [PostgresValue(text: member.instance), .text(token)])
    }
    guard beaten.changes == 1 else {
      throw .replaced(place: place, instance: member.instance)
    }
  }

  /// Leaves the name to the next one, who need not wait for it to fall silent.
  package func leave() {
    // If it cannot, the others wait.
    _ = try? database.query(
      "UPDATE sidelight.instance SET seen = '-infinity' WHERE name = $1 AND token = $2",
      [PostgresValue(text: member.instance), .text(token)])
  }
}

/// 32 hex digits.
package func randomID() -> String {
  var generator = SystemRandomNumberGenerator()
  return (0..<2).map { _ in
    let text = String(generator.next() as UInt64, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }.joined()
}
