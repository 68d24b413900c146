import Ledger
import Support

/// `GET /api/v1/usage`: what requests came to, by time and labels. Dollars and seconds are exact;
/// what is not known reads null.
extension UsageReport {
  var json: JSONValue {
    let query = request.query
    return .object([
      "from": .time(request.period.start), "to": .time(request.period.end),
      "by": .list(query.by.map { .text($0.name) }),
      "step": .optional(request.step?.text), "timezone": .text(request.zone.name),
      "source": .text(query.source.rawValue),
      "starts": request.step.map { _ in .list(query.windows.map { .time($0.start) }) },
      "rows": .list(rows.map(json)),
      "totals": .object(json(of: totals)),
      "total_rows": .integer(Int64(totalRows)),
      "next_offset": nextOffset.map { .integer(Int64($0)) } ?? .null,
      "complete": .flag(isComplete),
      "notes": .list(
        notes.map {
          .object(["code": .text($0.code.rawValue), "message": .text($0.message)])
        }),
    ])
  }

  private func json(of row: Row) -> JSONValue {
    let labels = zip(request.query.by, row.labels).map {
      JSONValue.Member($0.name, .text($1))
    }
    let start = request.step.map { _ in [JSONValue.Member("start", .time(row.start))] } ?? []
    return .object(start + [.init("labels", .object(labels))] + json(of: row.sums))
  }

  /// Single requests do not tell every part of their tokens.
  private var isOfRollups: Bool { request.query.source == .rollups }

  private func json(of sums: UsageSums) -> [JSONValue.Member] {
    func known(_ value: Int64) -> JSONValue { isOfRollups ? .integer(value) : .null }
    func average(_ span: TimeSpan?) -> JSONValue { span.map(JSONValue.seconds) ?? .null }
    return [
      .init("requests", .integer(sums.requests)), .init("errors", .integer(sums.errors)),
      .init("cancelled", .integer(sums.cancelled)), .init("fallbacks", .integer(sums.fallbacks)),
      .init("retried", .integer(sums.retried)), .init("cached", .integer(sums.cached)),
      .init("unpriced", .integer(sums.unpriced)),
      .init(
        "tokens",
        .object([
          "input": .integer(sums.input), "output": .integer(sums.output),
          "cache_read": known(sums.cacheRead), "cache_write": known(sums.cacheWrite),
          "reasoning": known(sums.reasoning),
        ])),
      .init("cost", .fixed(digits: sums.cost, decimals: 9)),
      .init("saved", isOfRollups ? .fixed(digits: sums.saved, decimals: 9) : .null),
      .init(
        "latency",
        .object([
          "success": average(sums.averageSuccess), "all": average(sums.averageWait),
          "first_token": average(sums.averageFirstToken),
        ])),
    ]
  }
}
