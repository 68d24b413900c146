import HTTP
import Support

/// Why a query has no answer.
package enum QueryProblem: Error, Equatable {
  case unknownParameter(String, known: [String])
  case badParameter(String, expected: String, got: String)
  /// The answer would have too many rows.
  case tooManyRows(most: Int)
  case tookTooLong
  /// The log says why.
  case ledger

  /// What is wrong, and what would be right.
  package var message: String {
    switch self {
    case .unknownParameter(let name, let known):
      let hint = Suggestion.hint(for: name, in: known)
      let list = known.isEmpty ? "none" : known.joined(separator: ", ")
      return "unknown parameter \(name.quoted)\(hint.isEmpty ? " (known: \(list))" : hint)"
    case .badParameter(let name, let expected, let got):
      return "\(name): expected \(expected), got \(got.quoted)"
    case .tooManyRows(let most):
      return """
        more than \(most) rows: ask for a shorter period, a longer step, fewer labels or only \
        some of their values
        """
    case .tookTooLong:
      return "this takes too long: ask for a shorter period or fewer labels"
    case .ledger: return "the ledger cannot be read now; see the log"
    }
  }

  var response: HTTPResponse {
    switch self {
    case .unknownParameter, .badParameter: .error(400, "bad_parameter", message)
    case .tooManyRows: .error(400, "too_many_rows", message)
    case .tookTooLong: .error(503, "took_too_long", message)
    case .ledger: .error(503, "ledger_unavailable", message)
    }
  }
}

/// The parameters of a query, checked as the configuration is.
struct QueryParameters {
  private let query: HTTPQuery
  private let known: [String]

  init(_ request: HTTPRequest, known: [String]) { self.init(request.query, known: known) }

  init(_ query: HTTPQuery, known: [String]) {
    self.query = query
    self.known = known
  }

  /// The first value under `name`.
  subscript(name: String) -> String? { query[name] }

  func isGiven(_ name: String) -> Bool { query[name] != nil }

  /// Every value under `name`, as it is.
  func all(_ name: String) -> [String] { query.all(name) }

  /// Words of a list, given several times or separated by commas.
  func words(_ name: String) -> [String] {
    query.all(name).flatMap {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Refuses parameters that nobody knows.
  func check() throws(QueryProblem) {
    for name in query.names where !known.contains(name) {
      throw .unknownParameter(name, known: known)
    }
  }

  func duration(
    _ name: String, _ range: ClosedRange<TimeSpan>
  ) throws(QueryProblem) -> TimeSpan? {
    guard let text = query[name] else { return nil }
    guard let span = Quantity.duration(text), range.contains(span) else {
      let bounds = "\(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
      throw .badParameter(name, expected: "a duration such as 24h (\(bounds))", got: text)
    }
    return span
  }

  func count(_ name: String, _ range: ClosedRange<Int>) throws(QueryProblem) -> Int? {
    guard let text = query[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .badParameter(
        name, expected: "a number from \(range.lowerBound) to \(range.upperBound)", got: text)
    }
    return number
  }

  /// Words of a list, given several times or separated by commas.
  func choices<Choice: RawRepresentable & CaseIterable>(
    _ name: String
  ) throws(QueryProblem) -> [Choice] where Choice.RawValue == String {
    var choices: [Choice] = []
    for word in words(name) {
      guard let choice = Choice(rawValue: word) else {
        let words = Choice.allCases.map(\.rawValue)
        throw .badParameter(
          name, expected: "one of \(words.joined(separator: ", "))", got: word)
      }
      choices.append(choice)
    }
    return choices
  }
}
