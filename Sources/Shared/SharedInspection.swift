package import Postgres

/// A look at the shared ledger without taking part: for `sidelight check`.
package struct SharedInspection: Sendable, Equatable {
  /// `host:port/database`.
  package private(set) var place: String
  /// The schema's version; nil if the tables are not there yet.
  package private(set) var schema: Int?
  /// Sidecars that live.
  package private(set) var members: [String] = []

  /// What this release makes.
  package static var latestSchema: Int { SharedSchema.latest }

  /// Connects and looks; changes nothing.
  package init(_ options: PostgresOptions) throws(SharedLedgerError) {
    let database = try sharing { () throws(PostgresError) in try PostgresConnection(options) }
    place = database.place
    let found = try sharing { () throws(PostgresError) in
      try SharedSchema.version(of: database)
    }
    schema = found
    if let found, found > SharedSchema.latest {
      throw .newerSchema(place: place, found: found, known: SharedSchema.latest)
    }
    guard found ?? 0 > 0 else {
      try checkRights(database)
      return
    }
    let rows = try sharing { () throws(PostgresError) in
      try database.query(
        """
        SELECT name FROM sidelight.instance
        WHERE seen >= now() - interval '\(SharedLedger.silence)' ORDER BY name
        """)
    }
    members = (0..<rows.count).map { rows.text($0, 0) }
  }

  /// Whether the tables could be made.
  private func checkRights(_ database: PostgresConnection) throws(SharedLedgerError) {
    let rows = try sharing { () throws(PostgresError) in
      try database.query(
        """
        SELECT coalesce(
          (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'sidelight'),
          has_database_privilege(current_database(), 'CREATE'))
        """)
    }
    guard rows.flag(0, 0) else {
      throw .noRights(place: place, reason: "this user may create neither schemas nor tables")
    }
  }
}
