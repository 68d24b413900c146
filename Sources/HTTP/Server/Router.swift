/// Which handler answers which method and path.
package struct Router: Sendable {
  /// Answers one request; runs on one of the server's threads, several at a time.
  package typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

  /// Takes one request and answers it later, once, from any thread; it runs on one of the server's
  /// threads and does not hold it up.
  ///
  /// What is not answered within `HTTPLimits.handler` is answered with 503.
  package typealias DeferringHandler =
    @Sendable (HTTPRequest, _ answer: @escaping @Sendable (HTTPResponse) -> Void) -> Void

  /// What comes of a request.
  enum Reply {
    case now(HTTPResponse)
    /// The handler to call with where its answer goes.
    case later(HTTPRequest, DeferringHandler)
  }

  /// A handler and what has to hold before it is called.
  struct Route: Sendable {
    enum Action: Sendable {
      case answer(Handler)
      case `defer`(DeferringHandler)
    }

    var action: Action
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
  /// What was registered, as it was written.
  package private(set) var patterns: [String: Set<HTTPMethod>] = [:]
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
    add(method, pattern, Route(action: .answer(handler), needsToken: needsToken, maxBody: maxBody))
  }

  /// The same for a handler that has to wait for something, without holding others up.
  package mutating func on(
    _ method: HTTPMethod, _ pattern: String, needsToken: Bool = false, maxBody: Int = 64 << 10,
    later handler: @escaping DeferringHandler
  ) {
    add(method, pattern, Route(action: .defer(handler), needsToken: needsToken, maxBody: maxBody))
  }

  private mutating func add(_ method: HTTPMethod, _ pattern: String, _ route: Route) {
    patterns[pattern, default: []].insert(method)
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
  /// Nil from a handler that answers later.
  package func respond(to request: HTTPRequest) -> HTTPResponse? {
    guard case .now(let response) = reply(to: request, match: match(request.method, request.path))
    else { return nil }
    return response
  }

  func reply(to request: HTTPRequest, match: Match) -> Reply {
    switch match {
    case .route(let route, let parameter):
      var request = request
      request.parameter = parameter
      switch route.action {
      case .answer(let handler): return .now(handler(request))
      case .defer(let handler): return .later(request, handler)
      }
    case .wrongMethod, .unknown:
      return .now(refusal(of: request, match) ?? .error(404, "not_found", request.path))
    }
  }

  /// 405 or 404 if there is no handler; nil if there is.
  func refusal(of request: HTTPRequest, _ match: Match) -> HTTPResponse? {
    switch match {
    case .route: return nil
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
