import HTTP
import Testing

@Suite struct AccessPolicyTests {
  typealias Decision = AccessPolicy.Decision

  private func policy(
    _ address: String = "127.0.0.1", token: String? = nil, hosts: [String] = []
  ) -> AccessPolicy {
    var options = WebOptions()
    options.address = address
    options.token = token
    options.hosts = hosts
    return AccessPolicy(options)
  }

  private func get(_ path: String = "/api/v1/stats", _ headers: HTTPHeaders = [:]) -> HTTPRequest {
    HTTPRequest(.get, path, headers: headers)
  }

  @Test(arguments: ["localhost", "localhost:4010", "127.0.0.1", "[::1]:4010", "localhost:9"])
  func loopbackAnswersLoopbackHosts(host: String) {
    #expect(policy().decide(get("/", ["Host": host])) == .allow)
    #expect(policy("::1").decide(get("/", ["Host": host])) == .allow)
  }

  @Test(arguments: ["evil.example", "evil.example:4010", "10.0.0.5", "", "a b", "user@localhost"])
  func loopbackRefusesOtherHosts(host: String) {
    for path in ["/metrics", "/api/v1/stats"] {
      #expect(policy().decide(get(path, ["Host": host])) == .foreignHost)
      #expect(policy(token: "t").decide(get(path, ["Host": host])) == .foreignHost)
    }
  }

  @Test func loopbackNeedsNeitherHostNorToken() {
    #expect(policy().decide(get()) == .allow)
    #expect(policy(token: "t").decide(get()) == .allow)
    #expect(policy(token: "t").decide(get("/", ["Authorization": "Bearer wrong"])) == .allow)
  }

  @Test func tokenOverrulesTheHost() {
    let headers: HTTPHeaders = ["Host": "side.example", "Authorization": "Bearer t"]
    #expect(policy(token: "t").decide(get("/", headers)) == .allow)
    #expect(policy(token: "u").decide(get("/", headers)) == .foreignHost)
    #expect(policy().decide(get("/", headers)) == .foreignHost)
  }

  @Test(arguments: [
    ("side.example", "SIDE.example:4010", true), ("side.example:4010", "side.example:4010", true),
    ("side.example:4010", "side.example", false), ("side.example", "x.side.example", false),
  ])
  func configuredHosts(configured: String, asked: String, isAllowed: Bool) {
    let decision = policy(hosts: [configured]).decide(get("/", ["Host": asked]))
    #expect(decision == (isAllowed ? .allow : .foreignHost))
  }

  @Test(arguments: ["0.0.0.0", "::", "10.0.0.5", "2001:db8::1", "not an address"])
  func elsewhereOnlyOpenPathsGoWithoutToken(address: String) {
    let policy = policy(address, token: "secret")
    for path in ["/metrics", "/-/healthy", "/-/ready"] {
      #expect(policy.decide(get(path, ["Host": "side.example"])) == .allow)
    }
    for path in ["/", "/api/v1/stats", "/metrics/", "/-/reload", "/no/such", "/gate/x"] {
      #expect(policy.decide(get(path, ["Host": "localhost"])) == .unauthorized(wrong: false))
    }
  }

  @Test(arguments: ["Bearer secret", "bearer secret", "BEARER   secret"])
  func elsewhereTheTokenOpensEverything(header: String) {
    let headers: HTTPHeaders = ["Authorization": header, "Host": "side.example"]
    #expect(policy("0.0.0.0", token: "secret").decide(get("/", headers)) == .allow)
  }

  @Test(arguments: [
    ("Bearer secre", true), ("Bearer secrets", true), ("Bearer SECRET", true),
    ("Bearer secret x", true), ("Bearer", false), ("Bearer ", false), ("secret", false),
    ("Basic secret", false), ("", false),
  ])
  func wrongToken(header: String, isToken: Bool) {
    let decision = policy("0.0.0.0", token: "secret").decide(get("/", ["Authorization": header]))
    #expect(decision == .unauthorized(wrong: isToken))
  }

  @Test func withoutTokenConfiguredTheRestIsShut() {
    for policy in [policy("0.0.0.0"), policy("0.0.0.0", token: "")] {
      #expect(policy.decide(get()) == .tokenNotSet)
      #expect(policy.decide(get("/", ["Authorization": "Bearer "])) == .tokenNotSet)
      #expect(policy.decide(get("/metrics")) == .allow)
    }
  }

  @Test func routeThatNeedsTheToken() {
    let right: HTTPHeaders = ["Authorization": "Bearer t"]
    for address in ["127.0.0.1", "0.0.0.0"] {
      #expect(policy(address).decide(get("/ingest", right), needsToken: true) == .disabled)
      let policy = policy(address, token: "t")
      #expect(policy.decide(get("/ingest"), needsToken: true) == .unauthorized(wrong: false))
      #expect(policy.decide(get("/ingest", right), needsToken: true) == .allow)
    }
  }

  @Test(arguments: [
    ("http://localhost:4010", "localhost:4010", true), ("https://localhost", "localhost", true),
    ("http://localhost", "localhost:80", true), ("http://[::1]:4010", "[::1]:4010", true),
    ("http://localhost:3000", "localhost:4010", false),
    ("http://localhost:3000", "localhost", false),
    ("http://127.0.0.1:4010", "localhost:4010", false), ("null", "localhost:4010", false),
    ("https://evil.example", "localhost:4010", false), ("", "localhost", false),
    ("https://page.example", "localhost:4010", true),
  ])
  func originOfAChange(origin: String, host: String, isOwn: Bool) {
    let policy = policy(hosts: ["page.example"])
    let headers: HTTPHeaders = ["Host": host, "Origin": origin]
    for method in [HTTPMethod.post, .put, .delete, HTTPMethod(rawValue: "PATCH")] {
      let decision = policy.decide(HTTPRequest(method, "/-/reload", headers: headers))
      #expect(decision == (isOwn ? .allow : .foreignOrigin), "\(method)")
    }
    #expect(policy.decide(HTTPRequest(.get, "/", headers: headers)) == .allow)
  }

  @Test func originMattersDespiteTokenAndOpenPath() {
    let headers: HTTPHeaders = [
      "Host": "side.example", "Origin": "https://evil.example", "Authorization": "Bearer t",
    ]
    for path in ["/metrics", "/-/reload"] {
      let decision = policy("0.0.0.0", token: "t").decide(
        HTTPRequest(.post, path, headers: headers))
      #expect(decision == .foreignOrigin)
    }
    #expect(
      policy().decide(HTTPRequest(.post, "/", headers: ["Origin": "http://localhost"]))
        == .foreignOrigin)
  }

  @Test(
    arguments: [
      (.foreignHost, 421, "foreign_host"), (.foreignOrigin, 403, "foreign_origin"),
      (.unauthorized(wrong: false), 401, "unauthorized"),
      (.unauthorized(wrong: true), 401, "unauthorized"), (.tokenNotSet, 403, "token_not_set"),
      (.disabled, 404, "not_found"),
    ] as [(Decision, Int, String)])
  func refusals(decision: Decision, status: Int, code: String) throws {
    let response = try #require(decision.refusal(path: "/x"))
    #expect(response.status == status)
    #expect(String(decoding: response.body, as: UTF8.self).contains("\"code\":\"\(code)\""))
  }

  @Test func refusalsSayWhatToDo() {
    #expect(Decision.allow.refusal(path: "/x") == nil)
    #expect(
      Decision.tokenNotSet.refusal(path: "/x")
        == .error(
          403, "token_not_set",
          "/x needs a bearer token off loopback and none is set: set web.token_file, or add the "
            + "path to web.open"))
    #expect(
      Decision.unauthorized(wrong: false).refusal(path: "/x")?.headers["WWW-Authenticate"]
        == "Bearer realm=\"sidelight\"")
    #expect(
      Decision.unauthorized(wrong: true).refusal(path: "/x")?.headers["WWW-Authenticate"]
        == "Bearer realm=\"sidelight\", error=\"invalid_token\"")
  }
}
