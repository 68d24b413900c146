/// The schema, as steps forward. A step once released never changes.
enum Migrations {
  static let steps = [
    """
    CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    -- The values of open-ended labels; sums refer to them by (label, id).
    CREATE TABLE label_value(
      label TEXT NOT NULL, id INTEGER NOT NULL, value TEXT NOT NULL, last_used INTEGER NOT NULL,
      PRIMARY KEY(label, id), UNIQUE(label, value)) WITHOUT ROWID;
    CREATE TABLE family(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    -- Counters (place 0) and histograms (a place for each bucket, then one for the sum).
    CREATE TABLE series(
      family INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL,
      d INTEGER NOT NULL, place INTEGER NOT NULL, value INTEGER NOT NULL,
      PRIMARY KEY(family, a, b, c, d, place)) WITHOUT ROWID;
    -- What was counted already, in order of time.
    CREATE TABLE identity(
      start INTEGER NOT NULL, hash INTEGER NOT NULL, PRIMARY KEY(start, hash)) WITHOUT ROWID;
    CREATE TABLE waiting(
      call_id BLOB PRIMARY KEY, due INTEGER NOT NULL, settled INTEGER NOT NULL,
      line BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE checkpoint(
      source TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, path TEXT NOT NULL,
      born INTEGER NOT NULL, head_length INTEGER NOT NULL, head_hash INTEGER NOT NULL,
      mark_hash INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY(source, device, inode)) WITHOUT ROWID;
    -- Quarters of an hour: the longest step that fits every time zone's days.
    CREATE TABLE rollup(
      quarter INTEGER NOT NULL, status INTEGER NOT NULL, provider INTEGER NOT NULL,
      model INTEGER NOT NULL, route INTEGER NOT NULL, power_level INTEGER NOT NULL,
      key INTEGER NOT NULL, team INTEGER NOT NULL, extras INTEGER NOT NULL, \(sumColumns),
      PRIMARY KEY(quarter, status, provider, model, route, power_level, key, team, extras)
    ) WITHOUT ROWID;
    CREATE TABLE rollup_side(
      side INTEGER NOT NULL, quarter INTEGER NOT NULL, status INTEGER NOT NULL,
      value INTEGER NOT NULL, \(sumColumns),
      PRIMARY KEY(side, quarter, value, status)) WITHOUT ROWID;
    -- Single requests of the last days.
    CREATE TABLE request(
      "end" INTEGER NOT NULL, hash INTEGER NOT NULL, start INTEGER NOT NULL,
      attempt_start INTEGER, first_token INTEGER, status INTEGER NOT NULL, late INTEGER NOT NULL,
      cached INTEGER NOT NULL, provider INTEGER NOT NULL, model INTEGER NOT NULL,
      route INTEGER NOT NULL, served_route INTEGER NOT NULL, deployment INTEGER NOT NULL,
      power_level INTEGER NOT NULL, key INTEGER NOT NULL, team INTEGER NOT NULL,
      extras INTEGER NOT NULL, attempts INTEGER NOT NULL, retries INTEGER NOT NULL,
      fallbacks INTEGER NOT NULL, first_provider INTEGER NOT NULL, first_model INTEGER NOT NULL,
      reason INTEGER, input INTEGER NOT NULL, output INTEGER NOT NULL, cost INTEGER,
      id TEXT, trace TEXT, PRIMARY KEY("end", hash)) WITHOUT ROWID;
    \(importTables)
    """,
    """
    -- How long the event took, in microseconds: copies in other formats overlap with it.
    ALTER TABLE identity ADD COLUMN span INTEGER NOT NULL DEFAULT 0;
    -- Payloads that wait for their native copy.
    CREATE TABLE held(
      start INTEGER NOT NULL, hash INTEGER NOT NULL, call INTEGER NOT NULL, source TEXT NOT NULL,
      line BLOB NOT NULL, PRIMARY KEY(start, hash)) WITHOUT ROWID;
    """,
    """
    -- What happened, for people: changes of health and the like; the detail is a JSON object.
    CREATE TABLE event(
      time INTEGER NOT NULL, id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL,
      detail TEXT NOT NULL);
    CREATE INDEX event_time ON event(time);
    CREATE INDEX event_kind ON event(kind, time);
    """,
    """
    -- What receivers are told: waiting, or given up and kept to be looked at.
    CREATE TABLE outbox(
      number INTEGER PRIMARY KEY AUTOINCREMENT, receiver TEXT NOT NULL, id TEXT NOT NULL,
      ordering TEXT NOT NULL, title TEXT NOT NULL, body BLOB NOT NULL, created INTEGER NOT NULL,
      due INTEGER NOT NULL, attempts INTEGER NOT NULL, barred INTEGER NOT NULL,
      given_up INTEGER, answer TEXT NOT NULL, UNIQUE(receiver, id));
    """,
    """
    -- How providers (scope 0) and deployments (scope 1) do, by label id.
    CREATE TABLE health(
      scope INTEGER NOT NULL, id INTEGER NOT NULL, provider INTEGER NOT NULL,
      model INTEGER NOT NULL, route INTEGER NOT NULL, level INTEGER NOT NULL,
      worst INTEGER NOT NULL, origin INTEGER NOT NULL, since INTEGER, last_evidence INTEGER,
      evidence_from INTEGER NOT NULL, last_reason INTEGER, last_fault INTEGER,
      PRIMARY KEY(scope, id)) WITHOUT ROWID;
    -- Their attempts of the last minutes, by the second in which they ended.
    CREATE TABLE health_evidence(
      second INTEGER NOT NULL, scope INTEGER NOT NULL, id INTEGER NOT NULL,
      successes INTEGER NOT NULL, caller_faults INTEGER NOT NULL,
      rate_limited INTEGER NOT NULL, failures INTEGER NOT NULL,
      PRIMARY KEY(second, scope, id)) WITHOUT ROWID;
    """,
    """
    -- What identifies each budget; the limit that it was last judged by; whether its spend is whole;
    -- the end of the periods whose spend was dropped.
    CREATE TABLE budget(
      id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, judged INTEGER,
      filled INTEGER NOT NULL, forgotten INTEGER NOT NULL);
    -- Values of a budget's `per`, or the empty one. No id is given twice.
    CREATE TABLE budget_scope(
      id INTEGER PRIMARY KEY AUTOINCREMENT, budget INTEGER NOT NULL, value TEXT NOT NULL,
      exceeds_since INTEGER, UNIQUE(budget, value));
    -- Spend by period, or by step of a rolling window; the rate is a double's bits.
    CREATE TABLE budget_spend(
      scope INTEGER NOT NULL, start INTEGER NOT NULL, spent INTEGER NOT NULL,
      rate INTEGER NOT NULL, rate_time INTEGER NOT NULL, PRIMARY KEY(scope, start)) WITHOUT ROWID;
    -- Thresholds that were crossed in a period (its start, or a rolling scope's id).
    CREATE TABLE budget_mark(
      budget INTEGER NOT NULL, value TEXT NOT NULL, period INTEGER NOT NULL,
      threshold INTEGER NOT NULL, "limit" INTEGER NOT NULL, arm INTEGER NOT NULL,
      status INTEGER NOT NULL, until INTEGER NOT NULL,
      PRIMARY KEY(budget, value, period, threshold, "limit")) WITHOUT ROWID;
    CREATE INDEX budget_mark_until ON budget_mark(until);
    -- Whose key is which, by the first 8 digits of its hash: the gate is asked with keys.
    CREATE TABLE budget_key(
      id INTEGER PRIMARY KEY, key TEXT NOT NULL, team TEXT NOT NULL, user TEXT NOT NULL);
    """,
    """
    -- Events older than `identity` remembers, for as long as an import reads them in two formats.
    CREATE TABLE import_identity(
      start INTEGER NOT NULL, hash INTEGER NOT NULL, span INTEGER NOT NULL,
      PRIMARY KEY(start, hash)) WITHOUT ROWID;
    CREATE INDEX import_identity_call ON import_identity(hash, start, span);
    """,
    """
    -- Providers that people were told are unhealthy, and since when they are.
    CREATE TABLE alarm(provider TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    -- What waits to be forwarded to a shared ledger, batch by batch. No number is given twice.
    CREATE TABLE spool(
      number INTEGER PRIMARY KEY AUTOINCREMENT, made INTEGER NOT NULL, requests INTEGER NOT NULL,
      bytes INTEGER NOT NULL, body BLOB NOT NULL);
    """,
    """
    -- Roll-ups of hours and days with fewer labels, for questions about months: made of the others
    -- afterwards. `form` says which labels, `span` how many quarters; values of users and tags are
    -- under `key`.
    CREATE TABLE rollup_block(
      form INTEGER NOT NULL, span INTEGER NOT NULL, quarter INTEGER NOT NULL,
      status INTEGER NOT NULL, provider INTEGER NOT NULL, model INTEGER NOT NULL,
      route INTEGER NOT NULL, power_level INTEGER NOT NULL, key INTEGER NOT NULL,
      team INTEGER NOT NULL, extras INTEGER NOT NULL, \(sumColumns),
      PRIMARY KEY(
        form, span, quarter, status, provider, model, route, power_level, key, team, extras)
    ) WITHOUT ROWID;
    -- Up to which quarter a day is in blocks. Days that were added to since then are missing.
    CREATE TABLE rollup_day(day INTEGER PRIMARY KEY, through INTEGER NOT NULL);
    """,
  ]

  static let importTables = """
    -- Imports that are not through; days, waiting failures and files are theirs.
    CREATE TABLE import_run(id INTEGER PRIMARY KEY AUTOINCREMENT);
    -- Texts of the past: which they are, how far each was read, until where it is read again.
    CREATE TABLE import_file(
      id INTEGER PRIMARY KEY, run INTEGER NOT NULL, head_length INTEGER NOT NULL,
      head_hash INTEGER NOT NULL, last_line INTEGER NOT NULL, last_hash INTEGER NOT NULL,
      latest INTEGER NOT NULL, again_to INTEGER NOT NULL, stamp INTEGER NOT NULL);
    -- Days that had no roll-ups when the import first added to them.
    CREATE TABLE import_day(
      day INTEGER NOT NULL, run INTEGER NOT NULL, PRIMARY KEY(day, run)) WITHOUT ROWID;
    -- What was left out of a file: requests of a day that began before some time.
    CREATE TABLE import_skip(
      file INTEGER NOT NULL, day INTEGER NOT NULL, before INTEGER NOT NULL,
      PRIMARY KEY(file, day)) WITHOUT ROWID;
    CREATE TABLE import_waiting(
      run INTEGER NOT NULL, call_id BLOB NOT NULL, due INTEGER NOT NULL,
      settled INTEGER NOT NULL, line BLOB NOT NULL, PRIMARY KEY(run, call_id)) WITHOUT ROWID;
    """

  /// The version that the steps lead to.
  static var latest: Int { steps.count }

  static let sums = [
    "requests", "input", "output", "cache_read", "cache_write", "reasoning", "cost", "saved",
    "cached", "unpriced", "retried", "fallbacks", "waited",
  ]

  private static var sumColumns: String {
    sums.map { "\($0) INTEGER NOT NULL" }.joined(separator: ", ")
  }

  /// Throws unless the file has the latest version.
  static func check(_ database: Database) throws(LedgerError) {
    let version = Int(try database.integer("PRAGMA user_version") ?? 0)
    if version > latest { throw .newerSchema(path: database.path, found: version, known: latest) }
    if version < latest { throw .olderSchema(path: database.path, found: version, known: latest) }
  }

  /// Brings the file to the latest version, in one transaction.
  static func run(on database: Database) throws(LedgerError) {
    try database.execute("BEGIN IMMEDIATE")
    do throws(LedgerError) {
      let version = Int(try database.integer("PRAGMA user_version") ?? 0)
      guard version <= latest else {
        throw .newerSchema(path: database.path, found: version, known: latest)
      }
      for step in version..<latest { try database.execute(steps[step]) }
      if version < latest { try database.execute("PRAGMA user_version = \(latest)") }
      try database.execute("COMMIT")
    } catch {
      if database.isInTransaction { try? database.execute("ROLLBACK") }
      throw error
    }
  }
}
