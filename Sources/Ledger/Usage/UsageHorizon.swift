package import Support
import Tally

/// How far the ledger's knowledge of usage reaches.
package struct UsageHorizon: Sendable, Equatable {
  /// When the ledger was made; nothing that ended before was followed live.
  package var created: Timestamp
  /// The begin of the first quarter of an hour with requests; nil without any.
  package var firstQuarter: Timestamp?
  /// When the first single request ended that is kept.
  package var firstRequest: Timestamp?
  /// Requests that imports have added.
  package var imported: Int64
  /// Whether an import is not through.
  package var isImporting: Bool

  /// What one ledger knows.
  package init(
    created: Timestamp, firstQuarter: Timestamp?, firstRequest: Timestamp?, imported: Int64,
    isImporting: Bool
  ) {
    self.created = created
    self.firstQuarter = firstQuarter
    self.firstRequest = firstRequest
    self.imported = imported
    self.isImporting = isImporting
  }
}

extension LedgerReader {
  /// What the ledger reaches back to.
  package func usageHorizon() throws(LedgerError) -> UsageHorizon {
    try beginSnapshot()
    let quarter = try database.integer("SELECT quarter FROM rollup ORDER BY quarter LIMIT 1")
    let request = try database.integer("SELECT \"end\" FROM request ORDER BY \"end\" LIMIT 1")
    let created = try database.integer("SELECT value FROM meta WHERE key = 'created'") ?? 0
    let imported = try database.integer(
      """
      SELECT sum(value) FROM series WHERE family =
        (SELECT id FROM family WHERE name = 'sidelight_imported_requests_total')
      """)
    return UsageHorizon(
      created: Timestamp(microseconds: created * 1_000_000),
      firstQuarter: quarter.map {
        Timestamp(microseconds: $0 * RollupKey.quarterMicroseconds)
      },
      firstRequest: request.map(Timestamp.init(microseconds:)), imported: imported ?? 0,
      isImporting: try database.integer("SELECT 1 FROM import_run LIMIT 1") != nil)
  }

  /// Whether the roll-ups hold requests that ended in quarters of an hour between two times.
  package func hasUsage(from: Timestamp, to: Timestamp) throws(LedgerError) -> Bool {
    let rows = try database.prepare(
      "SELECT 1 FROM rollup WHERE quarter >= ? AND quarter < ? LIMIT 1")
    rows.bind(from.microseconds / RollupKey.quarterMicroseconds)
    rows.bind(to.microseconds / RollupKey.quarterMicroseconds)
    return try rows.step()
  }
}
