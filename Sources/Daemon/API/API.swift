import Budget
import Config
import Dispatch
import HTTP
import Ledger
import Support

/// `GET /api/v1/…`: JSON for the page and for programs.
///
/// What has to be read from the ledger is read by one thread of its own, over a connection of its
/// own: neither scrapes nor commits wait for it.
struct API: Sendable {
  let ledgerPath: String
  let live: Locked<Publisher.Live>
  let budgets: BudgetBoard
  let clock: WallClock
  /// The one in force.
  let configuration: @Sendable () -> Configuration
  let about: AboutSidecar
  let queries = QueryQueue()
  let statsCache = Locked(StatsCache())

  /// Registers every path.
  func add(to router: inout Router) {
    for path in ["/api/v1/providers", "/health/providers"] {
      router.on(.get, path) { request in
        answer { () throws(QueryProblem) in
          try QueryParameters(request, known: []).check()
          return .json(ProvidersAnswer(live: live.withLock { $0 }, now: clock.now()).json)
        }
      }
    }
    router.on(.get, "/api/v1/budgets") { request in
      answer { () throws(QueryProblem) in
        let parameters = QueryParameters(request, known: ["scopes"])
        try parameters.check()
        let most = try parameters.count("scopes", 1...100_000) ?? .max
        let now = clock.now()
        return .json(
          BudgetReport.json(
            budgets.entries, at: now, scopes: most, viewAge: budgets.viewAge(at: now)))
      }
    }
    router.on(.get, "/api/v1/config") { request in
      answer { () throws(QueryProblem) in
        try QueryParameters(request, known: []).check()
        return .json(.written(configuration().redactedJSON()))
      }
    }
    UsageRoutes(api: self).add(to: &router)
    router.on(.get, "/api/v1/events") { request, answer in
      self.later(answer) { () throws(QueryProblem) in try events(request) }
    }
    router.on(.get, "/api/v1/stats") { request, answer in
      self.later(answer) { () throws(QueryProblem) in try stats(request) }
    }
  }

  /// Answers from the thread of `queue`, or that of the short queries.
  func later(
    _ answer: @escaping @Sendable (HTTPResponse) -> Void, on queue: QueryQueue? = nil,
    _ body: @escaping @Sendable () throws(QueryProblem) -> HTTPResponse
  ) {
    guard (queue ?? queries).run({ answer(self.answer(body)) }) else {
      var response = HTTPResponse.error(
        503, "busy", "too many queries wait; ask again in a second")
      response.headers["Retry-After"] = "1"
      return answer(response)
    }
  }

  /// Opens the ledger for one answer.
  func reading<Result>(
    _ body: (LedgerReader) throws(LedgerError) -> Result
  ) throws(QueryProblem) -> Result {
    try reading({ () throws(LedgerError) in try LedgerReader(path: ledgerPath) }, body)
  }

  /// Likewise of another one.
  func reading<Ledger, Result>(
    _ open: () throws(LedgerError) -> Ledger, _ body: (Ledger) throws(LedgerError) -> Result
  ) throws(QueryProblem) -> Result {
    do throws(LedgerError) {
      return try body(open())
    } catch {
      switch error {
      case .tookTooLong: throw .tookTooLong
      case .tooManyGroups: throw .tooManyRows(most: UsageQuery.mostGroups)
      default:
        Log.warn("a query failed: \(error)")
        throw .ledger
      }
    }
  }

  private func answer(_ body: () throws(QueryProblem) -> HTTPResponse) -> HTTPResponse {
    do throws(QueryProblem) { return try body() } catch { return error.response }
  }

  private func events(_ request: HTTPRequest) throws(QueryProblem) -> HTTPResponse {
    let now = clock.now()
    let parameters = QueryParameters(request, known: ["from", "to", "kind", "limit"])
    try parameters.check()
    var query = LedgerReader.EventQuery()
    query.from = try parameters.moment("from", now: now, zone: .utc)
    query.to = try parameters.moment("to", now: now, zone: .utc)
    query.kinds = try parameters.choices("kind")
    query.limit = try parameters.count("limit", 1...1000) ?? query.limit
    let events = try reading { (ledger) throws(LedgerError) in try ledger.events(query) }
    return .json(.object(["events": .list(events.map(\.json))]))
  }
}

/// Runs queries one after the other, a few at a time waiting.
final class QueryQueue: Sendable {
  private static let most = 16
  private let queue = DispatchQueue(label: "queries", qos: .utility)
  private let waiting = Locked(0)

  /// False if too many wait already.
  func run(_ query: @escaping @Sendable () -> Void) -> Bool {
    let hasRoom = waiting.withLock { waiting in
      guard waiting < Self.most else { return false }
      waiting += 1
      return true
    }
    guard hasRoom else { return false }
    queue.async { [waiting] in
      query()
      waiting.withLock { $0 -= 1 }
    }
    return true
  }
}
