import Ledger
import Postgres
import Support

extension ForwardGroup {
  static let requestColumns = """
    "end", hash, start, attempt_start, first_token, status, late, cached, provider, model, route, \
    served_route, deployment, power_level, key, team, extras, attempts, retries, fallbacks, \
    first_provider, first_model, reason, input, output, cost, id, trace
    """

  /// Single requests that ended since `oldest`.
  func details(since oldest: Timestamp, _ labels: SharedLabels) -> CopyRows {
    var rows = CopyRows()
    for request in requests where request.end >= oldest {
      rows.beginRow(columns: 28)
      Self.add(request, to: &rows, labels)
      Self.add(request.row, to: &rows, labels)
    }
    return rows
  }

  private static func add(
    _ request: SpooledBatch.Request, to rows: inout CopyRows, _ labels: SharedLabels
  ) {
    let (key, row) = (request.key, request.row)
    rows.add(request.end.microseconds)
    rows.add(Int64(bitPattern: request.identity.hash))
    rows.add(request.identity.start.microseconds)
    rows.add(optional: row.attemptStart)
    rows.add(optional: row.firstToken)
    // As the local ledger has it: labels are numbered behind none and other.
    rows.add(Int32(bitPattern: key.status) - 2)
    rows.add(Int32(row.isLate ? 1 : 0))
    rows.add(Int32(row.isCached ? 1 : 0))
    rows.add(labels.id(.provider, key.provider))
    rows.add(labels.id(.model, key.model))
    rows.add(labels.id(.route, key.route))
    rows.add(labels.id(.route, row.servedRoute))
    rows.add(labels.id(.deployment, row.deployment))
    rows.add(labels.id(.powerLevel, key.powerLevel))
    rows.add(labels.id(.key, key.key))
    rows.add(labels.id(.team, key.team))
    rows.add(labels.id(.extras, key.extras))
  }

  private static func add(
    _ row: SpooledBatch.Row, to rows: inout CopyRows, _ labels: SharedLabels
  ) {
    rows.add(row.attempts)
    rows.add(row.retries)
    rows.add(row.fallbacks)
    rows.add(labels.id(.provider, row.firstProvider))
    rows.add(labels.id(.model, row.firstModel))
    if let reason = row.reason { rows.add(Int32(clamping: reason)) } else { rows.addNull() }
    rows.add(row.input)
    rows.add(row.output)
    rows.add(optional: row.cost)
    for text in [row.id, row.trace] {
      if text.isEmpty { rows.addNull() } else { rows.add(text) }
    }
  }
}
