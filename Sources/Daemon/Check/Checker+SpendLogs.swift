import Source
import Support

extension Checker {
  /// Whether LiteLLM's database can be read.
  static func spendLogs(_ options: SourceOptions, now: Timestamp) -> Finding {
    let subject = "source \(options.name)"
    do throws(SpendLogInspection.Problem) {
      let found = try SpendLogInspection(options)
      guard let latest = found.latest else {
        return Finding(
          .warning, subject,
          "LiteLLM_SpendLogs is empty; does the proxy write to this database?")
      }
      let late = found.tellsInsertion ? "" : ", without created_at: late rows take longer to find"
      return Finding(
        .ok, subject,
        "LiteLLM_SpendLogs, latest request \(Quantity.rounded(max(now - latest, .seconds(0)))) ago"
          + " (attempts are partial\(late))")
    } catch {
      return Finding(.failed, subject, error.reason)
    }
  }
}
