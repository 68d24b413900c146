import HTTP
import Ledger
import Support

/// Usage as CSV (RFC 4180): a line of names, then one for each row, in the order of time.
struct UsageCSV {
  let request: UsageRequest

  /// Lines of one answer.
  static let mostRows = 1_000_000

  private static let measures = [
    "requests", "errors", "cancelled", "fallbacks", "retried", "cached", "unpriced",
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "cost_usd", "saved_usd", "latency_success_seconds",
    "latency_all_seconds", "first_token_seconds",
  ]

  /// Hands out the text in pieces, one window of the question after the other; what all rows come
  /// to.
  @discardableResult
  func write(
    from ledger: some UsageStore, to body: ([UInt8]) throws(LedgerError) -> Void
  ) throws(LedgerError) -> UsageSums {
    let start = request.step == nil ? [] : ["start"]
    try body(Self.line(start + request.query.by.map(\.name) + Self.measures))
    var count = 0
    var totals = UsageSums()
    try ledger.usage(request.query) { (window, groups) throws(LedgerError) in
      count += groups.count
      guard count <= Self.mostRows else { throw .tooManyGroups }
      let rows = groups.map {
        UsageReport.Row(start: window.start, labels: $0.labels, sums: $0.sums)
      }
      for row in request.sorted(rows) {
        totals += row.sums
        try body(line(row))
      }
    }
    return totals
  }

  private func line(_ row: UsageReport.Row) -> [UInt8] {
    let start = request.step == nil ? [] : [request.local(row.start).rfc3339]
    return Self.line(start + row.labels + numbers(row.sums))
  }

  /// As in the JSON; what is not known is empty.
  private func numbers(_ sums: UsageSums) -> [String] {
    let isOfRollups = request.query.source == .rollups
    func known(_ value: Int64) -> String { isOfRollups ? "\(value)" : "" }
    func dollars(_ value: Int64) -> String { JSONValue.decimal(value, decimals: 9) }
    func seconds(_ span: TimeSpan?) -> String {
      span.map { JSONValue.decimal($0.microseconds, decimals: 6) } ?? ""
    }
    return [
      "\(sums.requests)", "\(sums.errors)", "\(sums.cancelled)", "\(sums.fallbacks)",
      "\(sums.retried)", "\(sums.cached)", "\(sums.unpriced)", "\(sums.input)", "\(sums.output)",
      known(sums.cacheRead), known(sums.cacheWrite), known(sums.reasoning), dollars(sums.cost),
      isOfRollups ? dollars(sums.saved) : "", seconds(sums.averageSuccess),
      seconds(sums.averageWait), seconds(sums.averageFirstToken),
    ]
  }

  static func line(_ fields: [String]) -> [UInt8] {
    Array((fields.map(field).joined(separator: ",") + "\r\n").utf8)
  }

  /// A field that no spreadsheet takes for a formula.
  static func field(_ text: String) -> String {
    let isFormula = text.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
    let safe = isFormula ? "'\(text)" : text
    guard safe.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return safe }
    return "\"\(safe.replacing("\"", with: "\"\""))\""
  }
}

extension UsageRequest {
  /// A time as clocks in the question's zone show it.
  func local(_ time: Timestamp) -> CivilTime { CivilTime(time, offset: zone.offset(at: time)) }
}
