/// The statements of an import, prepared once.
struct ImportSQL {
  let admitOld: Statement
  let isKnownOld: Statement
  let latestOld: Statement
  let hasOld: Statement
  let removeOld: Statement
  let ownsDay: Statement
  let hasRows: Statement
  let addDay: Statement
  let removeDays: Statement
  let saveWaiting: Statement
  let removeWaiting: Statement
  let removeRunWaiting: Statement
  let waiting: Statement
  let runs: Statement
  let addRun: Statement
  let removeRun: Statement
  let moveRun: [Statement]
  let unread: Statement
  let files: Statement
  let addFile: Statement
  let saveFile: Statement
  let forgetFiles: [Statement]
  let skips: Statement
  let addSkip: Statement
  let removeSkips: Statement

  /// Files remembered; of older ones only the roll-ups tell.
  static let mostFiles = 10_000

  init(_ database: Database, isRehearsal: Bool) throws(LedgerError) {
    let old = isRehearsal ? "import_seen" : "import_identity"
    admitOld = try database.prepare(
      """
      INSERT OR IGNORE INTO \(old)(start, hash, span) SELECT ?1, ?2, ?3
      WHERE NOT EXISTS(SELECT 1 FROM main.identity WHERE start = ?1 AND hash = ?2)
      """)
    isKnownOld = try database.prepare(
      "SELECT EXISTS(SELECT 1 FROM \(old) WHERE start = ? AND hash = ?)")
    latestOld = try database.prepare(LedgerSQL.latestOfCall(in: old))
    hasOld = try database.prepare("SELECT EXISTS(SELECT 1 FROM \(old))")
    removeOld = try database.prepare(
      "DELETE FROM \(old) WHERE NOT EXISTS(SELECT 1 FROM import_run)")
    ownsDay = try database.prepare("SELECT count(*) FROM import_day WHERE day = ? AND run = ?")
    hasRows = try database.prepare(
      "SELECT EXISTS(SELECT 1 FROM rollup WHERE quarter >= ? AND quarter < ?)")
    addDay = try database.prepare("INSERT INTO import_day(day, run) VALUES(?, ?)")
    removeDays = try database.prepare("DELETE FROM import_day WHERE run = ?")
    saveWaiting = try database.prepare(
      """
      INSERT OR REPLACE INTO import_waiting(run, call_id, due, settled, line)
      VALUES(?, ?, ?, ?, ?)
      """)
    removeWaiting = try database.prepare(
      "DELETE FROM import_waiting WHERE run = ? AND call_id = ?")
    removeRunWaiting = try database.prepare("DELETE FROM import_waiting WHERE run = ?")
    waiting = try database.prepare(
      "SELECT call_id, due, settled, line FROM import_waiting WHERE run = ?")
    runs = try database.prepare("SELECT id FROM import_run")
    addRun = try database.prepare("INSERT INTO import_run DEFAULT VALUES")
    removeRun = try database.prepare("DELETE FROM import_run WHERE id = ?")
    moveRun = try Self.moves(database)
    unread = try database.prepare("SELECT count(*) FROM import_file WHERE run = ? AND stamp = 0")
    let columns = Self.fileColumns.joined(separator: ", ")
    files = try database.prepare("SELECT id, \(columns) FROM import_file ORDER BY id")
    addFile = try database.prepare(
      "INSERT INTO import_file(\(columns)) VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
    let values = Self.fileColumns.map { "\($0) = ?" }.joined(separator: ", ")
    saveFile = try database.prepare("UPDATE import_file SET \(values) WHERE id = ?")
    forgetFiles = [
      try database.prepare(
        """
        DELETE FROM import_file WHERE stamp <> 0 AND id <=
          (SELECT id FROM import_file ORDER BY id DESC LIMIT 1 OFFSET \(Self.mostFiles))
        """),
      try database.prepare(
        "DELETE FROM import_skip WHERE file NOT IN (SELECT id FROM import_file)"),
    ]
    skips = try database.prepare("SELECT day, before FROM import_skip WHERE file = ?")
    addSkip = try database.prepare(
      "INSERT OR IGNORE INTO import_skip(file, day, before) VALUES(?, ?, ?)")
    removeSkips = try database.prepare("DELETE FROM import_skip WHERE file = ?")
  }

  private static let fileColumns = [
    "run", "head_length", "head_hash", "last_line", "last_hash", "latest", "again_to", "stamp",
  ]

  private static func moves(_ database: Database) throws(LedgerError) -> [Statement] {
    var statements: [Statement] = []
    for table in ["import_file", "import_day", "import_waiting"] {
      statements.append(
        try database.prepare("UPDATE OR REPLACE \(table) SET run = ? WHERE run = ?"))
    }
    return statements
  }
}

extension Statement {
  /// Runs the statement with these values.
  func run(_ values: Int64...) throws(LedgerError) {
    for value in values { bind(value) }
    try run()
  }

  /// The first column of the first row; 0 if there is none.
  func integer(_ values: Int64...) throws(LedgerError) -> Int64 {
    for value in values { bind(value) }
    defer { reset() }
    return try step() ? integer(Int32(0)) : 0
  }

  /// The first column of every row.
  func integers() throws(LedgerError) -> [Int64] {
    defer { reset() }
    var values: [Int64] = []
    while try step() { values.append(integer(Int32(0))) }
    return values
  }
}
