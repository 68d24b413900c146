import Postgres
import Shared
import Support

extension Checker {
  /// Whether the shared ledger answers, and who else is there.
  static func shared(_ database: PostgresOptions, _ instance: String) -> Finding {
    do throws(SharedLedgerError) {
      let found = try SharedInspection(database)
      guard let schema = found.schema else {
        return Finding(.ok, "shared ledger", "\(found.place) answers; its tables will be made")
      }
      let upgrade =
        schema < SharedInspection.latestSchema
        ? ", to be brought to \(SharedInspection.latestSchema)" : ""
      let others = found.members.filter { $0 != instance }.count
      let text =
        "\(found.place) answers, schema \(schema)\(upgrade), \(others) other sidecars connected"
      // It may be this one's own daemon.
      return found.members.contains(instance)
        ? Finding(.ok, "shared ledger", "\(text), one is connected as \(instance.quoted)")
        : Finding(.ok, "shared ledger", text)
    } catch {
      // The subject says whose error it is.
      let text = if case .database(let cause) = error { "\(cause)" } else { "\(error)" }
      return Finding(.failed, "shared ledger", text)
    }
  }
}
