import HTTP
import Testing

@Suite struct RouterTests {
  private let router: Router = {
    var router = Router()
    router.on(.get, "/metrics") { _ in .text("m 1\n") }
    router.on(.post, "/-/reload") { _ in .text("reloaded\n") }
    router.on(.get, "/gate/{name}") { .text($0.parameter ?? "none") }
    router.on(.get, "/gate/inner/{name}") { .text("inner " + ($0.parameter ?? "none")) }
    router.on(.get, "/gate/all") { _ in .text("exact") }
    router.on(.get, "/both") { _ in .text("read") }
    router.on(.put, "/both") { .text("\($0.body.count) bytes", status: 201) }
    return router
  }()

  @Test func callsTheHandlerOfMethodAndPath() {
    #expect(router.respond(to: HTTPRequest(.get, "/metrics")) == .text("m 1\n"))
    #expect(
      router.respond(to: HTTPRequest(.put, "/both", body: [1, 2]))
        == .text("2 bytes", status: 201))
  }

  @Test func headIsAnsweredByGet() {
    #expect(router.respond(to: HTTPRequest(.head, "/metrics")) == .text("m 1\n"))
    #expect(router.respond(to: HTTPRequest(.head, "/-/reload"))?.status == 405)
  }

  @Test func unknownPathIs404() {
    for path in ["/", "", "/metrics/", "/Metrics", "/metrics/x", "/gate", "/gate/"] {
      let response = router.respond(to: HTTPRequest(.get, path))
      #expect(response == .error(404, "not_found", "there is nothing at \(path)"), "\(path)")
    }
  }

  @Test(arguments: [
    ("POST", "/metrics", "GET, HEAD"), ("GET", "/-/reload", "POST"),
    ("get", "/metrics", "GET, HEAD"),
    ("DELETE", "/both", "GET, HEAD, PUT"), ("POST", "/gate/x", "GET, HEAD"),
    ("OPTIONS", "/metrics", "GET, HEAD"),
  ])
  func wrongMethodIs405WithAllow(method: String, path: String, allow: String) {
    let response = router.respond(to: HTTPRequest(HTTPMethod(rawValue: method), path))
    var expected = HTTPResponse.error(
      405, "method_not_allowed", "\(path) answers \(allow), not \(method)")
    expected.headers["Allow"] = allow
    #expect(response == expected)
  }

  @Test(arguments: [
    ("/gate/team", "team"), ("/gate/a b/c", "a b/c"), ("/gate/all", "exact"),
    ("/gate/inner/x", "inner x"), ("/gate/inner/", "inner/"), ("/gate/é", "é"),
    ("/gate/{name}", "{name}"),
  ])
  func trailingParameterTakesTheRest(path: String, answer: String) {
    #expect(router.respond(to: HTTPRequest(.get, path)) == .text(answer))
  }

  @Test func laterHandlerReplacesTheEarlier() {
    var router = router
    router.on(.get, "/metrics") { _ in .text("new") }
    router.on(.get, "/gate/{name}") { _ in .text("new gate") }
    #expect(router.respond(to: HTTPRequest(.get, "/metrics")) == .text("new"))
    #expect(router.respond(to: HTTPRequest(.get, "/gate/a")) == .text("new gate"))
  }
}

@Suite struct HTTPResponseTests {
  @Test func errorIsJSONAndEscapes() {
    let response = HTTPResponse.error(404, "not_found", "nothing at \"/a\\b\"\u{1}\u{1f}\n\r\té")
    #expect(response.status == 404)
    #expect(response.headers["content-type"] == "application/json")
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == #"{"error":{"code":"not_found","message":"nothing at \"/a\\b\"\u0001\u001f\n\r\té"}}"#
        + "\n")
  }

  @Test func headersIgnoreCaseAndReplace() {
    var headers: HTTPHeaders = ["X-One": "1", "x-one": "2", "Other": "o"]
    #expect(headers["X-ONE"] == "1")
    #expect(headers.count(of: "x-One") == 2)
    headers["x-onE"] = "3"
    #expect(headers == ["Other": "o", "x-onE": "3"])
    headers["other"] = nil
    #expect(headers == ["x-onE": "3"])
    #expect(headers["x-on"] == nil)
    #expect(headers["X_ONE"] == nil)
  }
}
