import Testing

@testable import HTTP

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
    #expect(policy().judge(get("/", ["Host": host])) == .allow)
    #expect(policy("::1").judge(get("/", ["Host": host])) == .allow)
  }

  @Test(arguments: ["evil.example", "evil.example:4010", "10.0.0.5", "", "a b", "user@localhost"])
  func loopbackRefusesOtherHosts(host: String) {
    for path in ["/metrics", "/api/v1/stats"] {
      #expect(policy().judge(get(path, ["Host": host])) == .foreignHost)
      #expect(policy(token: "t").judge(get(path, ["Host": host])) == .foreignHost)
    }
  }

  @Test func loopbackNeedsNeitherHostNorToken() {
    #expect(policy().judge(get()) == .allow)
    #expect(policy(token: "t").judge(get()) == .allow)
    #expect(policy(token: "t").judge(get("/", ["Authorization": "Bearer wrong"])) == .allow)
  }

  @Test func tokenOverrulesTheHost() {
    let headers: HTTPHeaders = ["Host": "side.example", "Authorization": "Bearer t"]
    #expect(policy(token: "t").judge(get("/", headers)) == .allow)
    #expect(policy(token: "u").judge(get("/", headers)) == .foreignHost)
    #expect(policy().judge(get("/", headers)) == .foreignHost)
  }

  @Test(arguments: [
    ("side.example", "SIDE.example:4010", true), ("side.example:4010", "side.example:4010", true),
    ("side.example:4010", "side.example", false), ("side.example", "x.side.example", false),
  ])
  func configuredHosts(configured: String, asked: String, isAllowed: Bool) {
    let decision = policy(hosts: [configured]).judge(get("/", ["Host": asked]))
    #expect(decision == (isAllowed ? .allow : .foreignHost))
  }

  @Test(arguments: ["0.0.0.0", "::", "10.0.0.5", "2001:db8::1", "not an address"])
  func elsewhereOnlyOpenPathsGoWithoutToken(address: String) {
    let policy = policy(address, token: "secret")
    for path in ["/metrics", "/-/healthy", "/-/ready"] {
      #expect(policy.judge(get(path, ["Host": "side.example"])) == .allow)
    }
    for path in ["/", "/api/v1/stats", "/metrics/", "/-/reload", "/no/such", "/gate/x"] {
      #expect(policy.judge(get(path, ["Host": "localhost"])) == .unauthorized(wrong: false, .token))
    }
  }

  @Test(arguments: ["Bearer secret", "bearer secret", "BEARER   secret"])
  func elsewhereTheTokenOpensEverything(header: String) {
    let headers: HTTPHeaders = ["Authorization": header, "Host": "side.example"]
    #expect(policy("0.0.0.0", token: "secret").judge(get("/", headers)) == .allow)
  }

  @Test(arguments: [
    ("Bearer secre", true), ("Bearer secrets", true), ("Bearer SECRET", true),
    ("Bearer secret x", true), ("Bearer", false), ("Bearer ", false), ("secret", false),
    ("Basic secret", false), ("", false),
  ])
  func wrongToken(header: String, isToken: Bool) {
    let decision = policy("0.0.0.0", token: "secret").judge(get("/", ["Authorization": header]))
    #expect(decision == .unauthorized(wrong: isToken, .token))
  }

  @Test func withoutTokenConfiguredTheRestIsShut() {
    for policy in [policy("0.0.0.0"), policy("0.0.0.0", token: "")] {
      #expect(policy.judge(get()) == .nothingSet)
      #expect(policy.judge(get("/", ["Authorization": "Bearer "])) == .nothingSet)
      #expect(policy.judge(get("/metrics")) == .allow)
    }
  }

  @Test func routeThatNeedsTheToken() {
    let right: HTTPHeaders = ["Authorization": "Bearer t"]
    for address in ["127.0.0.1", "0.0.0.0"] {
      #expect(policy(address).judge(get("/ingest", right), needsToken: true) == .disabled)
      let policy = policy(address, token: "t")
      #expect(policy.judge(get("/ingest"), needsToken: true) == .unauthorized(wrong: false, .token))
      #expect(policy.judge(get("/ingest", right), needsToken: true) == .allow)
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
      let decision = policy.judge(HTTPRequest(method, "/-/reload", headers: headers))
      #expect(decision == (isOwn ? .allow : .foreignOrigin), "\(method)")
    }
    #expect(policy.judge(HTTPRequest(.get, "/", headers: headers)) == .allow)
  }

  @Test func originMattersDespiteTokenAndOpenPath() {
    let headers: HTTPHeaders = [
      "Host": "side.example", "Origin": "https://evil.example", "Authorization": "Bearer t",
    ]
    for path in ["/metrics", "/-/reload"] {
      let decision = policy("0.0.0.0", token: "t").judge(
        HTTPRequest(.post, path, headers: headers))
      #expect(decision == .foreignOrigin)
    }
    #expect(
      policy().judge(HTTPRequest(.post, "/", headers: ["Origin": "http://localhost"]))
        == .foreignOrigin)
  }

  @Test(
    arguments: [
      (.foreignHost, 421, "foreign_host"), (.foreignOrigin, 403, "foreign_origin"),
      (.unauthorized(wrong: false, .token), 401, "unauthorized"),
      (.unauthorized(wrong: true, [.token, .user]), 401, "unauthorized"),
      (.slowed(seconds: 3), 429, "too_many_failures"),
      (.limited(seconds: 3), 429, "too_many_requests"), (.busy, 503, "busy"),
      (.nothingSet, 403, "token_not_set"),
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
      Decision.nothingSet.refusal(path: "/x")
        == .error(
          403, "token_not_set",
          "/x needs a bearer token or a user off loopback and neither is set: set web.token_file,"
            + " basic_auth_users in web.config_file, or add the path to web.open"))
    #expect(Decision.slowed(seconds: 7).refusal(path: "/x")?.headers["Retry-After"] == "7")
  }

  @Test(
    arguments: [
      (false, .token, ["Bearer realm=\"sidelight\""]),
      (true, .token, ["Bearer realm=\"sidelight\", error=\"invalid_token\""]),
      (true, .user, ["Basic realm=\"sidelight\", charset=\"UTF-8\""]),
      // A browser takes the first.
      (
        false, [.token, .user],
        ["Basic realm=\"sidelight\", charset=\"UTF-8\"", "Bearer realm=\"sidelight\""]
      ),
    ] as [(Bool, AccessPolicy.Methods, [String])])
  func challenges(wrong: Bool, methods: AccessPolicy.Methods, expected: [String]) throws {
    let refusal = try #require(
      Decision.unauthorized(wrong: wrong, methods).refusal(path: "/x"))
    #expect(
      refusal.headers.fields.filter { $0.name == "WWW-Authenticate" }.map(\.value) == expected)
  }

  @Test func usersOpenAllButWhatNeedsTheToken() throws {
    var options = WebOptions()
    options.address = "0.0.0.0"
    let text = "$2y$04$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"
    options.access.users = ["anna": try #require(PasswordHash(text))]
    let users = AccessPolicy(options)
    #expect(users.decide(get()) == .unauthorized(wrong: false, .user))
    #expect(users.decide(get(), proof: .wrong) == .unauthorized(wrong: true, .user))
    #expect(users.decide(get(), proof: .user) == .allow)
    #expect(users.decide(get("/metrics")) == .allow)
    #expect(users.decide(get("/ingest"), needsToken: true, proof: .user) == .disabled)
    options.token = "t"
    let both = AccessPolicy(options)
    #expect(both.decide(get()) == .unauthorized(wrong: false, [.token, .user]))
    #expect(both.decide(get(), proof: .user) == .allow)
    #expect(
      both.decide(get("/ingest"), needsToken: true, proof: .user)
        == .unauthorized(wrong: true, .token))
    #expect(both.asksForProof(get(), needsToken: false))
    #expect(!both.asksForProof(get("/metrics"), needsToken: false))
  }

  @Test func aCertificateCountsWhereNothingElseIsSet() {
    var request = get()
    request.isCertified = true
    #expect(policy("0.0.0.0").decide(request) == .allow)
    #expect(policy("0.0.0.0", token: "t").decide(request) == .unauthorized(wrong: false, .token))
    #expect(policy("0.0.0.0").decide(request, needsToken: true) == .disabled)
  }

  @Test func onLoopbackCredentialsMatterForForeignHostsOnly() {
    let policy = policy(token: "t")
    #expect(!policy.asksForProof(get("/", ["Host": "localhost"]), needsToken: false))
    #expect(policy.asksForProof(get("/", ["Host": "side.example"]), needsToken: false))
    #expect(policy.decide(get("/", ["Host": "side.example"]), proof: .user) == .allow)
    #expect(policy.decide(get("/", ["Host": "side.example"]), proof: .wrong) == .foreignHost)
  }
}

extension AccessPolicy {
  /// What is decided where only tokens can prove anything.
  fileprivate func judge(_ request: HTTPRequest, needsToken: Bool = false) -> Decision {
    guard case .token(let token) = Credentials(request.headers["Authorization"]) else {
      return decide(request, needsToken: needsToken)
    }
    return decide(request, needsToken: needsToken, proof: proof(ofToken: token))
  }
}
