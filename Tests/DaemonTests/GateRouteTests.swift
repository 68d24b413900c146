import Budget
import HTTP
import Support
import TestSupport
import Testing

@testable import Daemon

@Suite struct GateRouteTests {
  private let clock = ManualClock()
  private let board = BudgetBoard()

  init() {
    var daily = BudgetRule()
    daily.name = "daily"
    daily.limit = BudgetLimit(10, .requests)
    daily.per = .key
    var all = daily
    all.name = "all"
    all.per = nil
    board.reset(
      [daily, all], keys: [KeyProfile(id: 0x88dc_28d0, key: "svc-1", team: "", user: "")])
    let window = CalendarUnit.day.window(around: clock.now, in: .utc)
    board.update(
      [BudgetStatus(rule: 0, text: "svc-1", spent: 10, window: window, crossed: [])],
      dropped: [], keys: [])
  }

  private func ask(
    _ path: String = "/gate", query: HTTPQuery = [:], headers: HTTPHeaders = [:],
    method: HTTPMethod = .get
  ) -> HTTPResponse {
    var request = HTTPRequest(method, path, query: query, headers: headers)
    request.parameter =
      path.hasPrefix("/gate/") ? String(path.dropFirst("/gate/".count)) : nil
    return GateRoute(board: board, clock: clock.clock).answer(request)
  }

  @Test func room() {
    let response = ask("/gate/daily", query: ["key": "svc-2"])
    #expect(response.status == 200 && response.body.isEmpty)
    #expect(response.headers["Cache-Control"] == "no-store")
  }

  @Test func noRoom() {
    let response = ask("/gate/daily", query: ["key": "svc-1"])
    #expect(response.status == 429)
    #expect(response.headers["Retry-After"] == "43200")
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == #"{"error":{"code":"budget_spent","message":"the budget daily of \"svc-1\" is spent"}}"#
        + "\n")
    #expect(ask(query: ["key": "svc-1", "deny": "403"]).status == 403)
    #expect(ask(query: ["key": "svc-1", "deny": "403"]).headers["Retry-After"] == "43200")
    clock.advance(TimeSpan(microseconds: 43_199_999_999))
    #expect(ask(query: ["key": "svc-1"]).headers["Retry-After"] == "1")
  }

  @Test(
    arguments: [
      ["Authorization": "Bearer sk-1234"], ["authorization": "bearer  sk-1234"],
      ["x-api-key": "sk-1234"], ["X-Api-Key": "sk-1234", "Authorization": "Bearer own-token"],
    ] as [HTTPHeaders])
  func aForwardedKeyIsHashed(headers: HTTPHeaders) {
    #expect(ask("/gate/daily", headers: headers).status == 429)
    #expect(ask(headers: headers).status == 429)
    #expect(ask(query: ["key": "svc-2"], headers: headers).status == 200)
  }

  @Test(
    arguments: [
      ["Authorization": "Basic sk-1234"], ["Authorization": "sk-1234"], ["x-api-key": ""],
      ["Authorization": "Bearer sk-12345"],
      ["x-api-key": "other", "Authorization": "Bearer sk-1234"],
    ] as [HTTPHeaders])
  func otherHeadersMakeNoScope(headers: HTTPHeaders) {
    #expect(ask("/gate/daily", headers: headers).status == 200)
  }

  @Test func envoysPrefixBeforeItsClientsPath() {
    let headers: HTTPHeaders = ["Authorization": "Bearer sk-1234"]
    for path in ["/gate//v1/chat/completions", "/gate/daily/v1/chat/completions"] {
      #expect(ask(path, headers: headers, method: .post).status == 429)
      // Its client's query must not say who asks.
      let query: HTTPQuery = ["key": "svc-2", "deny": "no", "other": "1"]
      #expect(ask(path, query: query, headers: headers).status == 429)
      #expect(ask(path).status == 200)
    }
    #expect(ask("/gate/all/v1", headers: headers).status == 200)
  }

  @Test func mistakesAreTold() {
    func message(_ response: HTTPResponse) -> String {
      "\(response.status) " + String(decoding: response.body, as: UTF8.self)
    }
    #expect(
      message(ask("/gate/dayly")) == #"404 {"error":{"code":"unknown_budget","#
        + #""message":"there is no budget \"dayly\""}}"# + "\n")
    #expect(
      message(ask(query: ["kye": "x"])) == #"400 {"error":{"code":"unknown_parameter","#
        + #""message":"unknown parameter \"kye\", did you mean \"key\"?"}}"# + "\n")
    #expect(ask(query: ["deny": "401"]).status == 400)
  }

  @Test func inDoubt() {
    var strict = BudgetRule()
    strict.name = "strict"
    strict.gateOnError = .deny
    board.reset([strict], keys: [])
    board.isCurrent = false
    let response = ask("/gate/strict")
    #expect(response.status == 429 && response.headers["Retry-After"] == "5")
    board.isCurrent = true
    #expect(ask("/gate/strict").status == 200)
  }
}
