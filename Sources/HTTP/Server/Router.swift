/// Which handler answers which method and path.
package struct Router: Sendable {
  /// Answers one request; runs on one of the server's threads, several at a time.
  package typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

  /// A handler and what has to hold before it is called.
  struct Route: Sendable {
    var handler: Handler
    var needsToken: Bool
    var maxBody: Int
  }

  /// What is known of a method and path.
  enum Match {
    case route(Route, parameter: String?)
    case wrongMethod(allowed: [String], needsToken: Bool)
    case unknown

    /// Whether the bearer token is asked for wherever the server listens.
    var needsToken: Bool {
      switch self {
      case .route(let route, _): route.needsToken
      case .wrongMethod(_, let needsToken): needsToken
      case .unknown: false
      }
    }
  }

  private typealias Methods = [HTTPMethod: Route]

  private var exact: [String: Methods] = [:]
  /// Longest first, so that the most specific pattern wins.
  private var prefixes: [(prefix: String, methods: Methods)] = []

  /// A router that knows no path.
  package init() {}

  /// Registers `handler`, in place of an earlier one for the same method and path.
  ///
  /// - Parameters:
  ///   - method: What the handler answers; HEAD is answered by the handler for GET.
  ///   - pattern: A path, or one that ends in `/{name}`, which stands for the rest of the path: at
  ///     least one character, slashes among them.
  ///   - needsToken: Asks for the bearer token on every address; 404 as long as none is set.
  ///   - maxBody: Bytes; longer bodies are answered with 413.
  ///   - handler: Called with the whole request.
  package mutating func on(
    _ method: HTTPMethod, _ pattern: String, needsToken: Bool = false, maxBody: Int = 64 << 10,
    _ handler: @escaping Handler
  ) {
    let route = Route(handler: handler, needsToken: needsToken, maxBody: maxBody)
    guard pattern.hasSuffix("}"), let brace = pattern.lastIndex(of: "{") else {
      exact[pattern, default: [:]][method] = route
      return
    }
    let prefix = String(pattern[..<brace])
    if let known = prefixes.firstIndex(where: { $0.prefix == prefix }) {
      prefixes[known].methods[method] = route
    } else {
      prefixes.append((prefix, [method: route]))
      prefixes.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
    }
  }

  /// The answer of the handler in charge, or 404 or 405; access rules are the server's business.
  package func respond(to request: HTTPRequest) -> HTTPResponse {
    respond(to: request, match: match(request.method, request.path))
  }

  func respond(to request: HTTPRequest, match: Match) -> HTTPResponse {
    switch match {
    case .route(let route, let parameter):
      var request = request
      request.parameter = parameter
      return route.handler(request)
    case .wrongMethod(let allowed, _):
      let list = allowed.joined(separator: ", ")
      var response = HTTPResponse.error(
        405, "method_not_allowed",
        "\(request.path) answers \(list), not \(request.method.rawValue)")
      response.headers["Allow"] = list
      return response
    case .unknown:
      return .error(404, "not_found", "there is nothing at \(request.path)")
    }
  }

  func match(_ method: HTTPMethod, _ path: String) -> Match {
    if let methods = exact[path] { return match(method, in: methods, parameter: nil) }
    for (prefix, methods) in prefixes
    where path.utf8.count > prefix.utf8.count && path.utf8.starts(with: prefix.utf8) {
      let parameter = String(decoding: path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
      return match(method, in: methods, parameter: parameter)
    }
    return .unknown
  }

  private func match(_ method: HTTPMethod, in methods: Methods, parameter: String?) -> Match {
    if let route = methods[method] ?? (method == .head ? methods[.get] : nil) {
      return .route(route, parameter: parameter)
    }
    var allowed = methods.keys.map(\.rawValue)
    if methods[.get] != nil, methods[.head] == nil { allowed.append("HEAD") }
    return .wrongMethod(
      allowed: allowed.sorted(), needsToken: methods.values.contains { $0.needsToken })
  }
}
