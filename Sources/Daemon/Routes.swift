import Budget
import HTTP
import Metrics
import Page
import Support

/// Whether the first pass over the sources has begun.
final class Readiness: Sendable {
  private let ready = Locked(false)

  var isReady: Bool {
    get { ready.withLock { $0 } }
    set { ready.withLock { $0 = newValue } }
  }
}

/// What is answered under which path.
struct Routes: Sendable {
  let registry: Registry
  let readiness: Readiness
  let reloader: Reloader
  let clock: WallClock
  let version: String
  let push: PushRoute
  let budgets: BudgetBoard
  let api: API

  var router: Router {
    var router = Router()
    router.on(.get, "/metrics") { metrics($0) }
    router.on(.get, "/-/healthy") { _ in .text("Sidelight is healthy.\n") }
    router.on(.get, "/-/ready") { _ in ready() }
    router.on(.post, "/-/reload") { _ in reload() }
    router.on(
      .post, "/ingest/litellm", needsToken: true, maxBody: PushRoute.maxBody,
      later: { push.take($0, answer: $1) })
    let gate = GateRoute(board: budgets, clock: clock)
    // Envoy asks with the method of its client.
    for method in [HTTPMethod.get, .post, .put, .delete, .options, .init(rawValue: "PATCH")] {
      router.on(method, "/gate") { gate.answer($0) }
      router.on(method, "/gate/{budget}") { gate.answer($0) }
    }
    api.add(to: &router)
    WebPage().add(to: &router)
    return router
  }

  private func metrics(_ request: HTTPRequest) -> HTTPResponse {
    let exposition = registry.response(
      accept: request.headers["Accept"], acceptEncoding: request.headers["Accept-Encoding"],
      now: clock.now())
    var response = HTTPResponse(
      headers: ["Content-Type": exposition.contentType, "Vary": "Accept, Accept-Encoding"],
      body: exposition.body)
    response.headers["Content-Encoding"] = exposition.contentEncoding
    return response
  }

  private func ready() -> HTTPResponse {
    readiness.isReady
      ? .text("Sidelight is ready.\n")
      : .error(503, "not_ready", "the sources are not being read yet")
  }

  private func reload() -> HTTPResponse {
    switch reloader.reload() {
    case .success(let message):
      Log.info(message)
      return .text("\(message)\n")
    case .failure(let refusal):
      Log.error(refusal.message)
      return .error(500, "not_reloaded", refusal.message)
    }
  }
}
