import Config
import HTTP
import Ledger
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
    let report = try api.reading { (ledger) throws(LedgerError) in
      ledger.allow(Self.longestQuery)
      return try UsageReport(usage, from: ledger, options: options, now: now)
    }
    return .json(report.json)
  }

  private func csv(_ request: HTTPRequest) throws(QueryProblem) -> HTTPResponse {
    let options = api.configuration().ledger
    let now = api.clock.now()
    let usage = try usage(request, now: now, paged: false)
    // Beside the ledger, where there must be room in any case.
    let directory = options.path.lastIndex(of: "/").map { options.path[...$0] } ?? "."
    var body = SpooledBody(directory: String(directory))
    let notes = try api.reading { (ledger) throws(LedgerError) in
      ledger.allow(Self.longestQuery)
      let totals = try UsageCSV(request: usage).write(from: ledger) { body.append($0) }
      return try UsageNote.all(
        of: usage, totals: totals, ledger: ledger, options: options, now: now)
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
