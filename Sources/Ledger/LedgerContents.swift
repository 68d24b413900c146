import Metrics
package import Record
package import Support
package import Tally

extension CostLedger {
  /// Everything that the tally and the settlement start from.
  package func load() throws(LedgerError) -> Contents {
    var contents = Contents()
    try database.execute("BEGIN")
    defer { rollback() }
    dataVersion = try database.integer("PRAGMA data_version") ?? 0
    contents.labelValues = try labelValues()
    contents.series = try series()
    contents.waiting = try waiting()
    contents.held = try held()
    contents.secret = try secret()
    return contents
  }

  /// The hour before `now` by minute, provider and route, for the recent window.
  package func recentMinutes(
    now: Timestamp
  ) throws(LedgerError) -> [RecentWindow.StoredMinute] {
    let query = try database.prepare(
      """
      SELECT "end" / 60000000 * 60000000, provider, route, total(cost),
        sum(late = 0 AND attempts > 0), sum(late = 0 AND attempts > 0 AND status = ?),
        sum(late = 0 AND attempts > 0 AND status <> ? AND fallbacks > 0)
      FROM request WHERE "end" > ? AND "end" < ? GROUP BY 1, 2, 3
      """)
    query.bind(Int64(Outcome.failure.rawValue))
    query.bind(Int64(Outcome.failure.rawValue))
    query.bind((now - .hours(1)).microseconds)
    query.bind((now + .hours(1)).microseconds)
    var minutes: [RecentWindow.StoredMinute] = []
    while try query.step() {
      var minute = RecentWindow.StoredMinute(
        end: Timestamp(microseconds: query.integer(0)),
        provider: UInt32(truncatingIfNeeded: query.integer(1)),
        route: UInt32(truncatingIfNeeded: query.integer(2)))
      minute.nanodollars = query.integer(3)
      minute.reached = query.integer(4)
      minute.failed = query.integer(5)
      minute.fallenBack = query.integer(6)
      minutes.append(minute)
    }
    return minutes
  }

  /// When the latest event that is remembered began; nil without any.
  package func latestStart() throws(LedgerError) -> Timestamp? {
    try database.integer("SELECT start FROM identity ORDER BY start DESC LIMIT 1")
      .map(Timestamp.init(microseconds:))
  }

  /// How far the files of a source were read.
  package func checkpoints(source: String) throws(LedgerError) -> [FileCheckpoint] {
    let query = try database.prepare(
      """
      SELECT path, device, inode, born, head_length, head_hash, mark_hash, offset
      FROM checkpoint WHERE source = ?
      """)
    query.bind(source)
    var checkpoints: [FileCheckpoint] = []
    while try query.step() {
      checkpoints.append(
        FileCheckpoint(
          path: query.text(0), device: UInt64(bitPattern: query.integer(1)),
          inode: UInt64(bitPattern: query.integer(2)), born: query.integer(3),
          headLength: Int(query.integer(4)), headHash: UInt64(bitPattern: query.integer(5)),
          markHash: UInt64(bitPattern: query.integer(6)), offset: query.integer(7)))
    }
    return checkpoints
  }

  /// What the labels' ids stand for.
  package func labelValues() throws(LedgerError) -> [LabelSpace.Value] {
    let query = try database.prepare(
      "SELECT label, id, value, last_used FROM label_value ORDER BY label, id")
    var values: [LabelSpace.Value] = []
    while try query.step() {
      guard let dimension = Dimension(name: query.text(0)) else { continue }
      values.append(
        LabelSpace.Value(
          dimension: dimension, id: UInt32(truncatingIfNeeded: query.integer(1)),
          text: query.text(2),
          lastUsed: Int32(truncatingIfNeeded: query.integer(3))))
    }
    return values
  }

  /// What imports have counted, all together.
  package func importedRequests() throws(LedgerError) -> Int64 {
    let query = try database.prepare("SELECT sum(value) FROM series WHERE family = ?")
    query.bind(familyID(.importedRequests))
    return try query.step() ? query.integer(0) : 0
  }

  /// Whether another process has written since the last transaction here.
  package func hasNews() throws(LedgerError) -> Bool {
    try database.integer("PRAGMA data_version") ?? 0 != dataVersion
  }

  private func series() throws(LedgerError) -> [(Family, SeriesKey, [Int64])] {
    let query = try database.prepare(
      """
      SELECT a, b, c, d, place, value FROM series WHERE family = ? ORDER BY a, b, c, d, place
      """)
    var rows: [(Family, SeriesKey, [Int64])] = []
    for family in Family.allCases where familyID(family) != 0 {
      var last: SeriesKey?
      query.bind(familyID(family))
      while try query.step() {
        let key = SeriesKey(
          UInt32(truncatingIfNeeded: query.integer(0)),
          UInt32(truncatingIfNeeded: query.integer(1)),
          UInt32(truncatingIfNeeded: query.integer(2)),
          UInt32(truncatingIfNeeded: query.integer(3)))
        if key != last { rows.append((family, key, [])) }
        last = key
        let place = Int(query.integer(4))
        guard (0..<64).contains(place) else { continue }
        while rows[rows.count - 1].2.count <= place { rows[rows.count - 1].2.append(0) }
        rows[rows.count - 1].2[place] = query.integer(5)
      }
      query.reset()
    }
    return rows
  }

  private func waiting() throws(LedgerError) -> [WaitingFailure] {
    let query = try database.prepare("SELECT call_id, due, settled, line FROM waiting")
    var entries: [WaitingFailure] = []
    while try query.step() {
      entries.append(
        WaitingFailure(
          callID: query.blob(0), due: Timestamp(microseconds: query.integer(1)),
          isSettled: query.integer(2) != 0, line: query.blob(3)))
    }
    return entries
  }

  /// What pseudonyms are made with.
  package func secret() throws(LedgerError) -> [UInt8] {
    let query = try database.prepare("SELECT value FROM meta WHERE key = 'secret'")
    guard try query.step() else {
      throw .corrupt(path: options.path, reason: "its secret is missing")
    }
    return query.blob(0)
  }

  /// When the ledger was made, to the second: all sums were 0 then.
  package func created() throws(LedgerError) -> Timestamp {
    let seconds = try database.integer("SELECT value FROM meta WHERE key = 'created'") ?? 0
    return Timestamp(microseconds: seconds * 1_000_000)
  }
}
