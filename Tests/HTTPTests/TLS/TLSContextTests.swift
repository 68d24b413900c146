import Support
import TestSupport
import Testing

@testable import HTTP

/// The certificates in `Tests/Data/tls` are good for a hundred years, and for tests alone.
@Suite struct TLSContextTests {
  @Test func whatACertificateSays() throws {
    let context = try TLSContext(tlsOptions())
    #expect(context.names == ["localhost", "127.0.0.1", "::1"])
    #expect(context.validity.lowerBound == Timestamp(microseconds: 1_577_836_800_000_000))
    #expect(context.validity.upperBound == Timestamp(microseconds: 4_733_510_400_000_000))
    let rsa = try TLSContext(tlsOptions("rsa"))
    #expect(rsa.names == ["localhost", "ops@example.org", "spiffe://example.org/x"])
    #expect(rsa != context)
    #expect(try TLSContext(tlsOptions()) == context)
  }

  private func problem(_ change: (inout TLSOptions) throws -> Void) throws -> TLSProblem? {
    var options = try tlsOptions()
    try change(&options)
    do throws(TLSProblem) {
      _ = try TLSContext(options)
      return nil
    } catch {
      return error
    }
  }

  @Test func whatCannotBeUsed() throws {
    let other = try problem { $0.key = try tlsFile("rsa.key") }
    #expect(other == .key("is not the key of the certificate"))
    let encrypted = try problem { $0.key = try tlsFile("encrypted.key") }
    #expect(encrypted == .key("is encrypted; a server needs it without a passphrase"))
    for text in [
      "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
      let bytes = Array(text.utf8)
      guard case .certificate = try problem({ $0.certificate = bytes }) else {
        Issue.record("\(text.quoted) is a certificate")
        continue
      }
      guard case .key = try problem({ $0.key = bytes }) else {
        Issue.record("\(text.quoted) is a key")
        continue
      }
      guard case .clientAuthorities = try problem({ $0.clientAuthorities = bytes }) else {
        Issue.record("\(text.quoted) is an authority")
        continue
      }
    }
    let foreign = try problem { $0.cipherSuites = [.rsaAES128GCM] }
    #expect(
      foreign == .cipherSuites("leave nothing to speak with an ECDSA certificate in TLS12 to TLS13")
    )
    let old = try problem { ($0.cipherSuites, $0.minVersion) = ([.ecdsaAES128CBC], .tls13) }
    #expect(
      old == .cipherSuites("leave nothing to speak with an ECDSA certificate in TLS13 to TLS13"))
  }

  @Test func everyCombinationIsKnownToTheLibrary() throws {
    for version in TLSOptions.Version.allCases {
      for curve in TLSOptions.Curve.allCases {
        var options = try tlsOptions()
        (options.minVersion, options.curves) = (version, [curve])
        #expect(throws: Never.self) { try TLSContext(options) }
      }
    }
    for suite in CipherSuite.allCases where suite.authentication != .rsa {
      var options = try tlsOptions()
      options.cipherSuites = [suite]
      #expect(throws: Never.self, "\(suite)") { try TLSContext(options) }
    }
    var all = try tlsOptions("rsa")
    (all.cipherSuites, all.curves) = (CipherSuite.allCases, TLSOptions.Curve.allCases)
    (all.minVersion, all.prefersOwnOrder) = (.tls10, false)
    #expect(throws: Never.self) { try TLSContext(all) }
  }

  @Test func priorities() {
    var options = TLSOptions()
    let exchange = "-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL"
    #expect(
      TLSPriorities.text(options, isRSA: true)
        == "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:\(exchange):+AES-128-GCM:+AES-256-GCM"
        + ":+CHACHA20-POLY1305:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE")
    options.cipherSuites = [.rsaAES256CBC, .ecdsaChaCha20, .rsaAES128GCM, .aes128GCM]
    (options.curves, options.prefersOwnOrder) = ([.p521, .x25519], false)
    // Of the other kind of certificate nothing is taken.
    #expect(
      TLSPriorities.text(options, isRSA: true)
        == "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:\(exchange):+AES-256-CBC:+AES-128-GCM"
        + ":-MAC-ALL:+AEAD:+SHA1:-GROUP-ALL:+GROUP-SECP521R1:+GROUP-X25519")
    (options.cipherSuites, options.curves) = ([.aes256GCM], [])
    // A cipher of 1.3 alone leaves nothing to authenticate 1.2 with.
    #expect(
      TLSPriorities.text(options, isRSA: false)
        == "NORMAL:-VERS-ALL:+VERS-TLS1.3:\(exchange):+AES-256-GCM:-MAC-ALL:+AEAD")
    (options.maxVersion, options.minVersion) = (.tls11, .tls10)
    #expect(TLSPriorities.text(options, isRSA: false) == nil)
    options.cipherSuites = []
    #expect(
      TLSPriorities.text(options, isRSA: false)
        == "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1:\(exchange):+AES-128-GCM:+AES-256-GCM"
        + ":+CHACHA20-POLY1305:+AES-128-CBC:+AES-256-CBC:-MAC-ALL:+AEAD:+SHA1"
        + ":%VERIFY_ALLOW_SIGN_WITH_SHA1")
  }

  @Test func aServerSpeaksByIt() async throws {
    let server = try tlsServer("server")
    let url = "https://localhost:\(server.port)/"
    #expect(try await newClient { $0.caFile = tlsPath("ca.pem") }.get(url).status == 200)
    #expect(await (try newClient()).failure(url)?.kind == .tls)
    // Plain HTTP gets no answer, and harms nobody.
    let plain = try RawHTTP(port: server.port)
    plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(plain.isClosed())
    #expect(try await newClient { $0.caFile = tlsPath("ca.pem") }.get(url).status == 200)
  }

  @Test func newConnectionsGetTheNewCertificate() async throws {
    let server = try tlsServer("server")
    // The name of this one is its address.
    let url = "https://127.0.0.1:\(server.port)/"
    #expect(try await newClient { $0.caFile = tlsPath("ca.pem") }.get(url).status == 200)
    var options = WebOptions()
    options.access.tls = try TLSContext(tlsOptions("rsa"))
    server.allow(options)
    // Which does not name it.
    #expect(await (try newClient { $0.caFile = tlsPath("ca.pem") }).failure(url)?.kind == .tls)
    // Whether TLS is spoken at all stays as it was.
    server.allow(WebOptions())
    let other = try newClient { $0.caFile = tlsPath("ca.pem") }
    #expect(try await other.get("https://localhost:\(server.port)/").status == 200)
  }

  private func tlsServer(_ name: String) throws -> HTTPServer {
    var options = WebOptions()
    options.port = 0
    options.access.tls = try TLSContext(tlsOptions(name))
    var router = Router()
    router.on(.get, "/") { _ in .text("in") }
    return try HTTPServer(options: options, router: router)
  }
}

private func tlsPath(_ name: String) -> String { TestData.path("tls/\(name)") }

private func tlsFile(_ name: String) throws -> [UInt8] {
  Array(TestData.text(at: tlsPath(name)).utf8)
}

private func tlsOptions(_ name: String = "server") throws -> TLSOptions {
  var options = TLSOptions()
  (options.certificate, options.key) = (try tlsFile("\(name).pem"), try tlsFile("\(name).key"))
  return options
}
