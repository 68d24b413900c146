import Support

/// Reads the head of a request, and answers it once the body is there.
struct Dispatcher: Sendable {
  let router: Router
  let limits: HTTPLimits
  /// Where bodies are kept until their answer is sent.
  let uploads: UploadRoom

  init(router: Router, limits: HTTPLimits) {
    self.router = router
    self.limits = limits
    uploads = UploadRoom(bytes: limits.uploads)
  }

  /// What the head says.
  enum Reception {
    /// Nothing is in doubt; next, whether it may ask for that.
    case request(HTTPRequest, Router.Match)
    /// It is to be answered without a look at its rights.
    case malformed(HTTPRequest, HTTPResponse)
    /// Answer and close.
    case refuse(HTTPResponse)
  }

  /// How to go on after the head.
  enum Admission {
    /// Read the body within these limits, then ask for the answer.
    case proceed(HTTPRequest, Router.Match, Upload.Limits)
    /// Answer and close: the client waits for leave to send a body that is not wanted, or where the
    /// body ends is in doubt.
    case refuse(HTTPResponse)
  }

  /// Checks headers and target.
  func receive(
    method: HTTPMethod, target: [UInt8], version: String, headers: HTTPHeaders,
    remote: IPAddress
  ) -> Reception {
    if let complaint = complaint(headers, version: version) {
      return .refuse(.error(400, "bad_request", complaint))
    }
    var request = HTTPRequest(method, "", headers: headers, remote: remote)
    do throws(RequestTarget.Failure) {
      let target = try parse(target)
      (request.path, request.query) = (target.path, target.query)
      return .request(request, router.match(method, request.path))
    } catch {
      return .malformed(request, error.response)
    }
  }

  /// Checks the size before a byte of the body is kept; `refusal` is why it may not have it.
  func admit(
    _ request: HTTPRequest, _ match: Router.Match, refusal: HTTPResponse?
  ) -> Admission {
    var refusal = refusal
    var limit = 0
    switch match {
    case .route(let route, _): limit = route.maxBody
    case .wrongMethod, .unknown: refusal = refusal ?? router.refusal(of: request, match)
    }
    let length = request.headers["Content-Length"].flatMap { Int($0) } ?? 0
    if length > limit { refusal = refusal ?? .bodyTooLarge(limit: limit) }
    if let refusal, length > limits.discard || request.headers["Expect"] != nil {
      return .refuse(refusal)
    }
    return .proceed(
      request, match,
      // Who may send so much is told even if it cannot be kept now, after sending it all.
      Upload.Limits(
        keep: limit, discard: max(limits.discard, refusal == nil ? limit : 0), refusal: refusal,
        announced: length))
  }

  /// The answer to an admitted request whose body is complete.
  func reply(
    to request: HTTPRequest, _ match: Router.Match, _ upload: borrowing Upload
  ) -> Router.Reply {
    if let refusal = upload.refusal { return .now(refusal) }
    var request = request
    request.body = upload.bytes
    return router.reply(to: request, match: match)
  }

  private func parse(_ target: [UInt8]) throws(RequestTarget.Failure) -> RequestTarget {
    guard target.count <= limits.target else { throw .tooLong(limit: limits.target) }
    return try RequestTarget(target)
  }

  /// What two readers of the same bytes could understand differently (request smuggling).
  private func complaint(_ headers: HTTPHeaders, version: String) -> String? {
    if version != "HTTP/1.0", headers["Host"] == nil {
      return "an \(version) request needs a Host header"
    }
    for name in ["Host", "Content-Length", "Transfer-Encoding", "Authorization", "Origin"]
    where headers.count(of: name) > 1 {
      return "the \(name) header is there more than once"
    }
    guard let coding = headers["Transfer-Encoding"] else { return nil }
    if headers["Content-Length"] != nil {
      return "Content-Length and Transfer-Encoding exclude each other"
    }
    return coding.lowercased() == "chunked" ? nil : "the only transfer coding taken is chunked"
  }
}

extension RequestTarget.Failure {
  fileprivate var response: HTTPResponse {
    switch self {
    case .tooLong(let limit):
      .error(414, "uri_too_long", "the request target is longer than \(limit) bytes")
    case .notAPath: malformed("is not a path that begins with /")
    case .badEscape: malformed("has a % that two hexadecimal digits do not follow")
    case .notText: malformed("is not UTF-8 once decoded")
    case .controlCharacter: malformed("has a space or a control character")
    }
  }

  private func malformed(_ what: String) -> HTTPResponse {
    .error(400, "bad_request", "the request target \(what)")
  }
}
