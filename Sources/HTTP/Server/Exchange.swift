/// One request, from its line to the answer; lives in the library's per-request pointer and is
/// touched by the connection's own thread only.
final class Exchange {
  private let target: [UInt8]
  private var admitted: (request: HTTPRequest, match: Router.Match)?
  private var upload = Upload(limit: 0, discard: 0, refusal: nil)
  /// What came in, while its password is computed.
  private var received: (request: HTTPRequest, match: Router.Match)?
  private var checked: DeferredAnswer?
  private var deferred: DeferredAnswer?

  /// What the library is told.
  enum Step {
    case readOn
    case answer(HTTPResponse)
    case hangUp
  }

  /// Begins with the request target as sent.
  init(target: [UInt8]) { self.target = target }

  /// Takes the library's next call: the head, then any pieces of the body, then an empty piece.
  func advance(
    _ core: ServerCore, _ connection: LibraryConnection, method: String, version: String,
    piece: UnsafeRawBufferPointer
  ) -> Step {
    guard let admitted else {
      guard let received, let checked else { return receive(core, connection, method, version) }
      switch checked.outcome {
      case nil: return .readOn
      case .response(let response): return .answer(response)
      case .decision(let decision):
        let refusal = decision.refusal(path: received.request.path)
        return admit(core, connection, received.request, received.match, refusal)
      }
    }
    if let deferred { return deferred.response.map(Step.answer) ?? .readOn }
    guard piece.isEmpty else { return upload.receive(piece) == .goOn ? .readOn : .hangUp }
    core.enter(.answer(bytes: 0), connection.socket)
    switch core.dispatcher.reply(to: admitted.request, admitted.match, upload) {
    case .now(let response): return .answer(response)
    case .later(let request, let handler):
      guard let answer = core.defer(connection) else { return .answer(.notInTime) }
      deferred = answer
      handler(request) { answer.fulfil(.response($0)) }
      return .readOn
    }
  }

  private func receive(
    _ core: ServerCore, _ connection: LibraryConnection, _ method: String, _ version: String
  ) -> Step {
    guard let remote = connection.remote else { return .hangUp }
    let reception = core.dispatcher.receive(
      method: HTTPMethod(rawValue: method), target: target, version: version,
      headers: connection.headers, remote: remote)
    switch reception {
    case .refuse(let response): return .answer(response)
    case .malformed(let request, let refusal):
      return admit(core, connection, request, .unknown, refusal)
    case .request(var request, let match):
      request.isCertified = connection.verifiesEveryClient
      switch core.gatekeeper.rule(request, needsToken: match.needsToken) {
      case .decided(let decision):
        return admit(core, connection, request, match, decision.refusal(path: request.path))
      case .afterCheck(let login):
        guard let answer = core.defer(connection) else { return .answer(.notInTime) }
        core.enter(.answer(bytes: 0), connection.socket)
        (received, checked) = ((request, match), answer)
        core.gatekeeper.check(login) { answer.fulfil(.decision($0)) }
        return .readOn
      }
    }
  }

  private func admit(
    _ core: ServerCore, _ connection: LibraryConnection, _ request: HTTPRequest,
    _ match: Router.Match, _ refusal: HTTPResponse?
  ) -> Step {
    switch core.dispatcher.admit(request, match, refusal: refusal) {
    case .refuse(let response):
      return .answer(response)
    case .proceed(let request, let match, let limits):
      admitted = (request, match)
      upload = Upload(limits, room: core.dispatcher.uploads)
      // The client waits for leave to send it.
      if let refusal = upload.refusal, request.headers["Expect"] != nil { return .answer(refusal) }
      core.enter(.body, connection.socket)
      return .readOn
    }
  }
}
