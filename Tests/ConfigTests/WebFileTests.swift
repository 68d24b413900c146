import HTTP
import Support
import TestSupport
import Testing

@testable import Config

@Suite struct WebFileTests {
  private let scratch = Scratch()
  private let hash = "$2y$10$" + String(repeating: "a", count: 53)

  init() {
    for name in ["server.pem", "server.key", "rsa.key", "ca.pem"] {
      scratch.write(TestData.text(at: TestData.path("tls/\(name)")), to: name)
    }
  }

  /// The problems of a web configuration file, without the directory.
  private func told(_ text: String) -> String {
    let path = scratch.write(text, to: "web.yml")
    do throws(ConfigError) {
      _ = try WebFile.load(path)
      return ""
    } catch {
      return error.description.split(separator: "\(scratch.path)/").joined()
    }
  }

  @Test func everyKey() throws {
    scratch.write(
      """
      tls_server_config:
        cert_file: server.pem
        key_file: server.key
        client_ca_file: ca.pem
        client_auth_type: RequireAndVerifyClientCert
        client_allowed_sans: [prometheus.example, 10.0.0.1]
        min_version: TLS12
        max_version: TLS13
        cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256]
        prefer_server_cipher_suites: false
        curve_preferences: [X25519, CurveP256]
      http_server_config:
        http2: true
        headers:
          X-Frame-Options: sameorigin
          Strict-Transport-Security: max-age=31536000
          X-XSS-Protection: ""
      basic_auth_users:
        anna: \(hash)
        "b b": '\(hash)'
      rate_limit: {interval: 100ms, burst: 20}
      """, to: "web.yml")
    let options = try decode(
      "web: {config_file: web.yml}", file: scratch.file("sidelight.yaml")
    ).web
    #expect(options.configFile == scratch.file("web.yml"))
    let access = options.access
    let tls = try #require(access.tls).options
    #expect(tls.clientAuth == .requireAndVerify)
    #expect(tls.allowedNames == ["prometheus.example", "10.0.0.1"])
    #expect(tls.cipherSuites == [.ecdsaAES256GCM, .aes128GCM])
    #expect(tls.curves == [.x25519, .p256] && !tls.prefersOwnOrder)
    #expect(tls.minVersion == .tls12 && tls.maxVersion == .tls13)
    #expect(
      access.headers == [
        HTTPHeaders.Field(name: "Strict-Transport-Security", value: "max-age=31536000"),
        HTTPHeaders.Field(name: "X-Frame-Options", value: "sameorigin"),
      ])
    #expect(Set(access.users.keys) == ["anna", "b b"])
    #expect(access.rateLimit == WebAccess.RateLimit(interval: .milliseconds(100), burst: 20))
    #expect(access.asksForHTTP2)
    #expect(
      access.files
        == ["web.yml", "server.pem", "server.key", "ca.pem"].map { .init(scratch.file($0)) })
  }

  @Test func nothingAtAll() throws {
    for text in [
      "", "# nothing\n", "tls_server_config:\nbasic_auth_users: {}\n",
      "rate_limit: {interval: 0s}\n",
    ] {
      #expect(told(text) == "")
      let access = try WebFile.load(scratch.file("web.yml"))
      #expect(access.tls == nil && access.users.isEmpty && access.rateLimit == nil)
    }
  }

  @Test func certificateAndKeyInPlace() throws {
    func indented(_ name: String) -> String {
      TestData.text(at: scratch.file(name)).split(separator: "\n").map { "    \($0)\n" }.joined()
    }
    let text =
      "tls_server_config:\n  cert: |\n\(indented("server.pem"))  key: |\n\(indented("server.key"))"
    #expect(told(text) == "")
    let access = try WebFile.load(scratch.file("web.yml"))
    #expect(access.tls?.names == ["localhost", "127.0.0.1", "::1"])
    #expect(access.files == [.init(scratch.file("web.yml"))])
  }

  @Test func everythingWrongAtOnce() {
    #expect(
      told(
        """
        tls_server_config:
          cert_file: server.pem
          key_fil: server.key
          client_auth_type: RequireAndVerify
          min_version: TLS14
          cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]
          curve_preferences: [P256]
        basic_auth_user:
          anna: x
        basic_auth_users:
          anna: correct horse
          "a:b": \(hash)
          carl: $2y$16$\(String(repeating: "a", count: 53))
        http_server_config:
          headers: {X-Frame-Option: deny, X-Content-Type-Options: sniff}
        rate_limit: {interval: 1s}
        """
      ).split(separator: "\n").map(String.init) == Self.mistakes)
  }

  private static let mistakes: [String] = [
    "web.yml:2:3: tls_server_config has neither key nor key_file, expected one of them",
    "web.yml:3:3: unknown key \"key_fil\" in tls_server_config, did you mean \"key_file\"?",
    "web.yml:4:21: tls_server_config.client_auth_type: expected one of NoClientCert,"
      + " RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven,"
      + " RequireAndVerifyClientCert, got \"RequireAndVerify\"",
    "web.yml:5:16: tls_server_config.min_version: expected one of TLS10, TLS11, TLS12, TLS13,"
      + " got \"TLS14\", did you mean \"TLS10\"?",
    "web.yml:6:19: tls_server_config.cipher_suites[0]: expected one of"
      + " \(CipherSuite.allCases.map(\.rawValue).joined(separator: ", ")),"
      + " got \"TLS_RSA_WITH_RC4_128_SHA\"",
    "web.yml:7:23: tls_server_config.curve_preferences[0]: expected one of X25519, CurveP256,"
      + " CurveP384, CurveP521, got \"P256\"",
    "web.yml:8:1: unknown key \"basic_auth_user\", did you mean \"basic_auth_users\"?",
    "web.yml:11:9: basic_auth_users.anna: is no bcrypt hash ($2y$10$ and 53 more characters);"
      + " make one with: htpasswd -nBC 10 \"\"",
    "web.yml:12:3: user \"a:b\": expected a name of at most 256 bytes without a colon",
    "web.yml:13:9: basic_auth_users.carl: its cost of 16 is over 15, which already takes seconds",
    "web.yml:15:13: header \"X-Frame-Option\" cannot be set in headers, did you mean"
      + " \"X-Frame-Options\"?",
    "web.yml:15:59: http_server_config.headers.X-Content-Type-Options: expected nosniff, got"
      + " \"sniff\"",
    "web.yml:16:13: rate_limit.burst: expected at least 1, or nothing would ever be answered",
  ]

  /// `tls_server_config` with a good pair and `more`.
  private func tls(_ more: String) -> String {
    told("tls_server_config: {cert_file: server.pem, key_file: server.key, \(more)}")
  }

  @Test func whatDoesNotGoTogether() {
    let with = "web.yml:1:"
    #expect(
      told("tls_server_config: {min_version: TLS13}").hasPrefix(
        "web.yml:1:20: tls_server_config has neither cert nor cert_file, expected one of them\n"))
    #expect(
      told("tls_server_config: {cert_file: server.pem, key_file: rsa.key}")
        == "\(with)54: tls_server_config.key_file: is not the key of the certificate")
    #expect(
      told("tls_server_config: {cert_file: gone.pem, key_file: server.key}")
        == "\(with)32: tls_server_config.cert_file: cannot read \"gone.pem\": No such file or directory"
    )
    #expect(
      tls("cert: x")
        == "\(with)32: tls_server_config.cert_file: given together with cert, expected one of them")
    #expect(
      tls("client_auth_type: VerifyClientCertIfGiven")
        == "\(with)84: tls_server_config.client_auth_type: VerifyClientCertIfGiven needs"
        + " client_ca_file to verify by")
    #expect(
      tls("client_ca_file: ca.pem")
        == "\(with)82: tls_server_config.client_ca_file: given without client_auth_type, so that no"
        + " client would be asked for a certificate")
    #expect(
      tls("client_auth_type: RequestClientCert, client_allowed_sans: [a]").hasPrefix(
        "\(with)124: tls_server_config.client_allowed_sans: needs client_auth_type"))
    #expect(
      tls("min_version: TLS13, max_version: TLS12")
        == "\(with)79: tls_server_config.min_version: is above max_version")
    #expect(
      tls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]")
        == "\(with)81: tls_server_config.cipher_suites: leave nothing to speak with an ECDSA"
        + " certificate in TLS12 to TLS13")
    #expect(tls("client_auth_type: RequireClientCert") == "")
    #expect(
      tls("client_auth_type: RequestClientCert, client_ca_file: server.key").hasPrefix(
        "\(with)119: tls_server_config.client_ca_file: "))
  }

  @Test func whatIsNoFile() {
    #expect(told("[1]") == "web.yml:1:1: expected a mapping of keys to values, got a list")
    #expect(told("a: b: c").hasPrefix("web.yml:1:"))
    let problem = problems("web: {config_file: /nonexistent/web.yml}")
    #expect(
      problem
        == "/nonexistent/web.yml: cannot read the web configuration: No such file or directory")
  }

  /// A dollar is a dollar there, and what stands for a password is shown to nobody.
  @Test func nothingIsExpandedOrShown() throws {
    scratch.write("basic_auth_users: {anna: \(hash)}", to: "web.yml")
    let read = try decode("web: {config_file: web.yml}", file: scratch.file("sidelight.yaml"))
    #expect(read.web.access.users["anna"]?.text == hash)
    #expect(read.secretFiles == [scratch.file("web.yml")])
    #expect(!read.redacted().contains("$2y$"))
    #expect(read.redacted().contains("config_file: \(scratch.file("web.yml"))"))
    #expect(!told("basic_auth_users: {anna: hunter2}").contains("hunter2"))
  }
}
