import Postgres
package import Support

/// A look at LiteLLM's database, without following it: for `sidelight check`.
package struct SpendLogInspection: Sendable, Equatable {
  /// When the latest request that has a row began; nil if there is none.
  package let latest: Timestamp?
  /// Whether late rows can be told by when they were inserted.
  package let tellsInsertion: Bool

  /// Why nothing can be read, in words.
  package struct Problem: Error, Sendable, Equatable {
    package var reason: String
  }

  /// Asks the database of `options`.
  package init(_ options: SourceOptions) throws(Problem) {
    do throws(PostgresError) {
      let connection = try PostgresConnection(options.database)
      let query = try SpendLogQuery(connection)
      tellsInsertion = query.hasCreation
      let rows = try connection.query(SpendLogQuery.latest)
      latest = rows.count > 0 ? rows.integer(0, 0).map(Timestamp.init(microseconds:)) : nil
    } catch {
      throw Problem(reason: "\(error)")
    }
  }
}
