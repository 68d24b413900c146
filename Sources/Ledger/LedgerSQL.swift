/// The statements of the write path, prepared once.
struct LedgerSQL {
  let admit: Statement
  let isKnown: Statement
  let latestOfCall: Statement
  let saveHeld: Statement
  let removeHeld: Statement
  let saveSeen: Statement
  let series: Statement
  let labelValue: Statement
  let family: Statement
  let rollup: Statement
  /// `rollupsAtOnce` rows in one statement, which takes little more than half the time.
  let rollups: Statement
  let sideRollup: Statement
  let forgetBlocks: Statement
  let request: Statement
  let detailSize: Statement
  let saveWaiting: Statement
  let removeWaiting: Statement
  let saveCheckpoint: Statement
  let removeCheckpoint: Statement
  let event: Statement
  let outbox: OutboxSQL

  init(_ database: Database) throws(LedgerError) {
    admit = try database.prepare(
      "INSERT OR IGNORE INTO identity(start, hash, span) VALUES(?, ?, ?)")
    isKnown = try database.prepare("SELECT 1 FROM identity WHERE start = ? AND hash = ?")
    latestOfCall = try database.prepare(Self.latestOfCall(in: "identity"))
    saveHeld = try database.prepare(
      "INSERT OR REPLACE INTO held(start, hash, call, source, line) VALUES(?, ?, ?, ?, ?)")
    removeHeld = try database.prepare("DELETE FROM held WHERE start = ? AND hash = ?")
    saveSeen = try database.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)")
    series = try database.prepare(
      """
      INSERT INTO series(family, a, b, c, d, place, value) VALUES(?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET value = value + excluded.value
      """)
    labelValue = try database.prepare(
      """
      INSERT INTO label_value(label, id, value, last_used) VALUES(?, ?, ?, ?)
      ON CONFLICT(label, id) DO UPDATE SET last_used = max(last_used, excluded.last_used)
      """)
    family = try database.prepare("INSERT OR IGNORE INTO family(name) VALUES(?)")
    rollup = try database.prepare(Self.adding(to: "rollup", keys: Self.rollupKeys))
    rollups = try database.prepare(
      Self.adding(to: "rollup", keys: Self.rollupKeys, rows: Self.rollupsAtOnce))
    sideRollup = try database.prepare(
      Self.adding(to: "rollup_side", keys: ["side", "quarter", "status", "value"]))
    forgetBlocks = try database.prepare("DELETE FROM rollup_day WHERE day = ? AND through > ?")
    request = try database.prepare(
      """
      INSERT OR REPLACE INTO request(
        "end", hash, start, attempt_start, first_token, status, late, cached, provider, model,
        route, served_route, deployment, power_level, key, team, extras, attempts, retries,
        fallbacks, first_provider, first_model, reason, input, output, cost, id, trace)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    detailSize = try database.prepare(
      "UPDATE meta SET value = max(0, value + ?) WHERE key = 'detail_size'")
    saveWaiting = try database.prepare(
      "INSERT OR REPLACE INTO waiting(call_id, due, settled, line) VALUES(?, ?, ?, ?)")
    removeWaiting = try database.prepare("DELETE FROM waiting WHERE call_id = ?")
    saveCheckpoint = try database.prepare(
      """
      INSERT OR REPLACE INTO checkpoint(
        source, device, inode, path, born, head_length, head_hash, mark_hash, offset)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    removeCheckpoint = try database.prepare(
      "DELETE FROM checkpoint WHERE source = ? AND device = ? AND inode = ?")
    event = try database.prepare(
      "INSERT INTO event(time, kind, subject, detail) VALUES(?, ?, ?, ?)")
    outbox = try OutboxSQL(database)
  }

  /// Of a call id that somebody uses all the time, only the nearest events are looked at.
  static func latestOfCall(in table: String) -> String {
    """
    SELECT max(start + span) FROM (
      SELECT start, span FROM \(table) WHERE hash = ? AND start <= ?
      ORDER BY start DESC LIMIT 64)
    """
  }

  static let rollupsAtOnce = 16

  /// Adds to so many rows of blocks; prepared when there are blocks to make.
  static func blocks(_ rows: Int) -> String {
    adding(to: "rollup_block", keys: ["form", "span"] + rollupKeys, rows: rows)
  }

  static let rollupKeys = [
    "quarter", "status", "provider", "model", "route", "power_level", "key", "team", "extras",
  ]

  private static func adding(to table: String, keys: [String], rows: Int = 1) -> String {
    let columns = keys + Migrations.sums
    let row = columns.map { _ in "?" }.joined(separator: ", ")
    let values = repeatElement("(\(row))", count: rows).joined(separator: ", ")
    let sums = Migrations.sums.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", ")
    return """
      INSERT INTO \(table)(\(columns.joined(separator: ", "))) VALUES \(values)
      ON CONFLICT DO UPDATE SET \(sums)
      """
  }
}
