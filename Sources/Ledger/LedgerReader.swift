import Glibc
package import Support

/// A look at the ledger beside its owner: read-only, on whatever thread asks, never in the owner's way.
///
/// Opened for one answer and closed with it, so that a stopped ledger is one file again.
package final class LedgerReader {
  let database: Database

  /// Opens the file; throws if it is not there or has another schema.
  package init(path: String) throws(LedgerError) {
    guard access(path, F_OK) == 0 else { throw .absent(path: path) }
    database = try Database(path: path, access: .readOnly)
    try Migrations.check(database)
  }

  /// Which events to look up.
  package struct EventQuery: Sendable, Equatable {
    /// From this moment on; nil: from the first.
    package var from: Timestamp?
    /// Before this moment; nil: to the last.
    package var to: Timestamp?
    /// Empty: all kinds.
    package var kinds: [LedgerEvent.Kind] = []
    /// At most so many.
    package var limit = 100

    /// The latest 100 of all kinds.
    package init() {}
  }

  /// What happened, the latest first.
  package func events(_ query: EventQuery) throws(LedgerError) -> [LedgerEvent] {
    let places = query.kinds.map { _ in "?" }.joined(separator: ", ")
    let statement = try database.prepare(
      """
      SELECT time, kind, subject, detail FROM event
      WHERE time >= ? AND time < ? \(query.kinds.isEmpty ? "" : "AND kind IN (\(places))")
      ORDER BY time DESC, id DESC LIMIT ?
      """)
    statement.bind(query.from?.microseconds ?? .min)
    statement.bind(query.to?.microseconds ?? .max)
    for kind in query.kinds { statement.bind(kind.rawValue) }
    statement.bind(Int64(query.limit))
    var events: [LedgerEvent] = []
    while try statement.step() {
      guard let kind = LedgerEvent.Kind(rawValue: statement.text(1)) else { continue }
      events.append(
        LedgerEvent(
          time: Timestamp(microseconds: statement.integer(0)), kind: kind,
          subject: statement.text(2), detail: .written(statement.text(3))))
    }
    return events
  }
}
