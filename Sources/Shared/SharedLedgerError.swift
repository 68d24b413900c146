package import Ledger
package import Postgres

/// Why the shared ledger cannot be used now. Whatever it is, counting goes on.
package enum SharedLedgerError: Error, Equatable, CustomStringConvertible {
  case database(PostgresError)
  /// The spool of the local ledger cannot be read.
  case local(LedgerError)
  /// Written by a later release.
  case newerSchema(place: String, found: Int, known: Int)
  /// This user may not make the tables.
  case noRights(place: String, reason: String)
  /// Another sidecar that lives has the name.
  case nameTaken(place: String, instance: String)
  /// Another process has taken over what this one was.
  case replaced(place: String, instance: String)
  /// A row of the spool is not what was written.
  case damaged(number: Int64)

  package var description: String {
    switch self {
    case .database(let error): "shared ledger: \(error)"
    case .local(let error): "shared ledger: the spool: \(error)"
    case .newerSchema(let place, let found, let known):
      """
      the shared ledger at \(place) has schema \(found), made by a newer sidelight; this one knows \
      \(known): install the newer release; until then it counts for itself and spools
      """
    case .noRights(let place, let reason):
      """
      the shared ledger at \(place) cannot be set up: \(reason); let an administrator run \
      "CREATE SCHEMA sidelight AUTHORIZATION <this user>"
      """
    case .nameTaken(let place, let instance):
      """
      another sidelight that calls itself "\(instance)" is connected to the shared ledger at \
      \(place): give each its own `instance`; until then this one spools
      """
    case .replaced(let place, let instance):
      """
      another process took over as "\(instance)" in the shared ledger at \(place), perhaps from a \
      copy of this ledger's file: give each its own `instance` and its own file
      """
    case .damaged(let number):
      "shared ledger: row \(number) of the spool is damaged and left out"
    }
  }
}
