/// Why something could not be done in the database, and whether to try again.
package enum PostgresError: Error, Equatable, CustomStringConvertible {
  /// Nobody answers there, or not in time: it may go better later.
  case unreachable(place: String, reason: String)
  /// The server lets nobody in like that: wrong password, no such database or role.
  case refused(place: String, reason: String)
  /// The connection broke while it was used; what became of a transaction is not known.
  case lost(doing: String, reason: String)
  /// The one who asked does not want it any more.
  case cancelled
  /// The server's answer to a statement.
  case statement(doing: String, state: SQLState, reason: String)

  package var description: String {
    switch self {
    case .unreachable(let place, let reason): "PostgreSQL at \(place) cannot be reached: \(reason)"
    case .refused(let place, let reason): "PostgreSQL at \(place) refuses: \(reason)"
    case .lost(let doing, let reason): "PostgreSQL: connection lost (\(reason)) at: \(doing)"
    case .cancelled: "PostgreSQL: cancelled"
    case .statement(let doing, let state, let reason):
      "PostgreSQL: \(reason) (\(state.code)) at: \(doing)"
    }
  }

  /// The server's code, if it was the server that said no.
  package var state: SQLState? {
    if case .statement(_, let state, _) = self { state } else { nil }
  }
}

/// The five characters by which PostgreSQL tells errors apart: Appendix A of its documentation.
package struct SQLState: Hashable, Sendable {
  package var code: String

  package init(_ code: String) { self.code = code }

  package static let serializationFailure = SQLState("40001")
  package static let deadlock = SQLState("40P01")
  package static let uniqueViolation = SQLState("23505")
  package static let undefinedTable = SQLState("42P01")
  package static let undefinedSchema = SQLState("3F000")
  package static let duplicateTable = SQLState("42P07")
  package static let duplicateSchema = SQLState("42P06")
  package static let duplicateObject = SQLState("42710")
  package static let missingRight = SQLState("42501")
  package static let readOnly = SQLState("25006")
  package static let diskFull = SQLState("53100")

  /// The whole transaction may succeed when it is done again at once.
  package var asksForRepetition: Bool { code.hasPrefix("40") }

  /// Of these the values are the cause: the same ones fail again.
  package var isAboutData: Bool { code.hasPrefix("22") || code.hasPrefix("23") }

  /// The server goes down, or has become a replica: another connection may find a better one.
  package var endsConnection: Bool {
    code.hasPrefix("57P") || code.hasPrefix("08") || self == .readOnly
  }
}
