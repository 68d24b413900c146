import Config
import HTTP
import Ledger
import Shared
import Support
import Tally

/// `GET /api/v1/usage` and `usage.csv`.
struct UsageRoutes: Sendable {
  let api: API
  /// Questions of any length, which must not hold up the short ones, nor each other.
  private let queries = QueryQueue()
  private let exports = QueryQueue()

  /// Less than the server gives a handler.
  private static let longestQuery = TimeSpan.seconds(8)

  init(api: API) { self.api = api }

  func add(to router: inout Router) {
    router.on(.get, "/api/v1/usage") { request, answer in
      api.later(answer, on: queries) { () throws(QueryProblem) in try json(request) }
    }
    router.on(.get, "/api/v1/usage.csv") { request, answer in
      api.later(answer, on: exports) { () throws(QueryProblem) in try csv(request) }
    }
  }

  private func json(_ request: HTTPRequest) throws(QueryProblem) -> HTTPResponse {
    let options = api.configuration().ledger
    let now = api.clock.now()
    let usage = try usage(request, now: now, paged: true)
    func report(_ ledger: some UsageStore) throws(LedgerError) -> UsageReport {
      ledger.allow(Self.longestQuery)
      return try UsageReport(usage, from: ledger, options: options, now: now)
    }
    // Of all sidecars, where they share a ledger.
    guard let shared = options.database else { return .json(try api.reading(report).json) }
    return .json(
      try api.reading({ () throws(LedgerError) in try SharedReader(shared) }, report).json)
  }

  /// Hands out the lines, and says what else there is to know.
  private static func write(
    _ usage: UsageRequest, from ledger: some UsageStore, _ options: LedgerOptions, now: Timestamp,
    to body: ([UInt8]) -> Void
  ) throws(LedgerError) -> [UsageNote] {
    ledger.allow(longestQuery)
    let totals = try UsageCSV(request: usage).write(from: ledger, to: body)
    return try UsageNote.all(
      of: usage, totals: totals, ledger: ledger, options: options, now: now)
  }

  private func csv(_ request: HTTPRequest) throws(QueryProblem) -> HTTPResponse {
    let options = api.configuration().ledger
    let now = api.clock.now()
    let usage = try usage(request, now: now, paged: false)
    // Beside the ledger, where there must be room in any case.
    let directory = options.path.lastIndex(of: "/").map { options.path[...$0] } ?? "."
    var body = SpooledBody(directory: String(directory))
    let notes: [UsageNote]
    if let shared = options.database {
      notes = try api.reading({ () throws(LedgerError) in try SharedReader(shared) }) {
        (ledger) throws(LedgerError) in
        try Self.write(usage, from: ledger, options, now: now) { body.append($0) }
      }
    } else {
      notes = try api.reading { (ledger) throws(LedgerError) in
        try Self.write(usage, from: ledger, options, now: now) { body.append($0) }
      }
    }
    do throws(SpooledBody.Failure) {
      var response = try body.response(headers: [
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": "attachment; filename=\"usage.csv\"",
      ])
      let codes = notes.map(\.code.rawValue).joined(separator: ", ")
      response.headers["Sidelight-Notes"] = codes.isEmpty ? nil : codes
      return response
    } catch {
      Log.warn("an answer could not be kept in \(directory): \(error.reason)")
      throw .ledger
    }
  }

  private func usage(
    _ request: HTTPRequest, now: Timestamp, paged: Bool
  ) throws(QueryProblem) -> UsageRequest {
    let extras = ExtraLabels(api.configuration().labels)
    let parameters = QueryParameters(request, known: UsageRequest.known(extras, paged: paged))
    try parameters.check()
    return try UsageRequest(parameters, extras: extras, now: now, paged: paged)
  }
}
