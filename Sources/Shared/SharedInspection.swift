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
    guard found ?? 0 > 0 else { return }
    let rows = try sharing { () throws(PostgresError) in
      try database.query(
        """
        SELECT name FROM sidelight.instance
        WHERE seen >= now() - interval '\(SharedLedger.silence)' ORDER BY name
        """)
    }
    members = (0..<rows.count).map { rows.text($0, 0) }
  }
}
