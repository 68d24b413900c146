import Budget
import HTTP
import Support

/// `GET /gate` and `GET /gate/<budget>`: may this request be made?
struct GateRoute: Sendable {
  let board: BudgetBoard
  let clock: WallClock

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    // Envoy puts its prefix before its client's path and query: those say nothing.
    if let rest = request.parameter, let slash = rest.firstIndex(of: "/") {
      return answer(String(rest[..<slash]), asker(request.headers), denial: 429)
    }
    let known = ["key", "deny"] + BudgetAttribute.labels.map(\.text)
    for name in request.query.names where !known.contains(name) && !isExtra(name) {
      return .error(
        400, "unknown_parameter",
        "unknown parameter \(name.quoted)\(Suggestion.hint(for: name, in: known))")
    }
    let denial: Int
    switch request.query["deny"] {
    case nil, "429": denial = 429
    case "403": denial = 403
    case let other?:
      return .error(
        400, "bad_parameter", "deny is the status to deny with, 429 or 403, not \(other.quoted)")
    }
    var asker = asker(request.headers)
    asker.key = request.query["key"]
    for name in request.query.names where name != "key" && name != "deny" {
      let label = BudgetAttribute.labels.first { $0.text == name } ?? .extra(name)
      asker.attributes[label] = request.query[name]
    }
    return answer(request.parameter ?? "", asker, denial: denial)
  }

  /// Asks the budget of this name, or all where there is none.
  private func answer(_ name: String, _ asker: GateAsker, denial: Int) -> HTTPResponse {
    let now = clock.now()
    let answer =
      name.isEmpty ? board.gate(asker, now: now) : board.gate(name, asker, now: now)
    var response = response(to: answer, denial: denial, name: name)
    // Of the view of all sidecars' spend, where they share a ledger.
    if let age = board.viewAge(at: now) { response.headers["Age"] = "\(Int(age.seconds))" }
    return response
  }

  private func isExtra(_ name: String) -> Bool { board.knows(.extra(name)) }

  /// A key is forwarded in the header that its client used. It is hashed here and goes no further.
  private func asker(_ headers: HTTPHeaders) -> GateAsker {
    GateAsker(keyID: forwardedKey(headers).map { KeyProfile.id(ofKey: $0) })
  }

  /// `x-api-key` first: beside it, `Authorization` may hold the token for this server.
  private func forwardedKey(_ headers: HTTPHeaders) -> String? {
    if let key = headers["x-api-key"], !key.isEmpty { return key }
    guard let header = headers["Authorization"] else { return nil }
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
    return String(words[1].drop { $0 == " " })
  }

  private func response(to answer: GateAnswer, denial: Int, name: String) -> HTTPResponse {
    var response: HTTPResponse
    let wait: TimeSpan
    switch answer {
    case .allow: return HTTPResponse(headers: ["Cache-Control": "no-store"])
    case .unknownBudget:
      return .error(404, "unknown_budget", "there is no budget \(name.quoted)")
    case .deny(let budget, let scope, let retryAfter):
      let whose = scope == "all" ? "" : " of \(scope.quoted)"
      response = .error(denial, "budget_spent", "the budget \(budget)\(whose) is spent")
      wait = retryAfter
    case .doubt(let budget):
      response = .error(
        denial, "budget_unknown", "what is left of the budget \(budget) cannot be known now")
      wait = BudgetBoard.doubtfulFor
    }
    let seconds = (wait.microseconds + 999_999) / 1_000_000
    response.headers["Retry-After"] = "\(seconds)"
    response.headers["Cache-Control"] = "no-store"
    return response
  }
}
