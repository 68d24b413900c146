/// How the server speaks TLS: `tls_server_config` of a web configuration file.
package struct TLSOptions: Sendable, Equatable {
  /// Whether clients show a certificate, in Go's words.
  package enum ClientAuth: String, Sendable, CaseIterable {
    case none = "NoClientCert"
    case request = "RequestClientCert"
    case requireAny = "RequireAnyClientCert"
    case verifyIfGiven = "VerifyClientCertIfGiven"
    case requireAndVerify = "RequireAndVerifyClientCert"

    /// Whether a certificate that is shown must come from the client authorities.
    package var verifies: Bool { self == .verifyIfGiven || self == .requireAndVerify }
  }

  /// A version of the protocol.
  package enum Version: String, Sendable, CaseIterable, Comparable {
    case tls10 = "TLS10"
    case tls11 = "TLS11"
    case tls12 = "TLS12"
    case tls13 = "TLS13"

    package static func < (left: Version, right: Version) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  /// A group for the key exchange.
  package enum Curve: String, Sendable, CaseIterable {
    case x25519 = "X25519"
    case p256 = "CurveP256"
    case p384 = "CurveP384"
    case p521 = "CurveP521"
  }

  /// The server's certificate and those between it and its authority, in PEM.
  package var certificate: [UInt8] = []
  /// The certificate's private key, in PEM.
  package var key: [UInt8] = []
  package var clientAuth = ClientAuth.none
  /// Authorities that clients' certificates come from, in PEM.
  package var clientAuthorities: [UInt8]?
  /// Names of which a client's certificate must carry one, as DNS name, address, e-mail or URI;
  /// nil for any.
  package var allowedNames: [String]?
  package var minVersion = Version.tls12
  package var maxVersion = Version.tls13
  /// In order of preference; empty for the usual ones.
  package var cipherSuites: [CipherSuite] = []
  /// In order of preference; empty for the usual ones.
  package var curves: [Curve] = []
  /// Whether the server's order of ciphers counts rather than the client's.
  package var prefersOwnOrder = true

  /// No certificate yet; of all else the default.
  package init() {}
}

/// A cipher suite by its name in the standard, of those that are not known to be weak.
package enum CipherSuite: String, Sendable, CaseIterable {
  case aes128GCM = "TLS_AES_128_GCM_SHA256"
  case aes256GCM = "TLS_AES_256_GCM_SHA384"
  case chaCha20 = "TLS_CHACHA20_POLY1305_SHA256"
  case ecdsaAES128CBC = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
  case ecdsaAES256CBC = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
  case ecdsaAES128GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
  case ecdsaAES256GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
  case ecdsaChaCha20 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
  case rsaAES128CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
  case rsaAES256CBC = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
  case rsaAES128GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
  case rsaAES256GCM = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
  case rsaChaCha20 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"

  /// Which certificates it goes with; TLS 1.3 leaves that open.
  enum Authentication { case rsa, ecdsa, any }

  var authentication: Authentication {
    if rawValue.hasPrefix("TLS_ECDHE_RSA") { return .rsa }
    return rawValue.hasPrefix("TLS_ECDHE_ECDSA") ? .ecdsa : .any
  }

  /// The cipher's name in GnuTLS.
  var cipher: String {
    switch self {
    case .aes128GCM, .ecdsaAES128GCM, .rsaAES128GCM: "AES-128-GCM"
    case .aes256GCM, .ecdsaAES256GCM, .rsaAES256GCM: "AES-256-GCM"
    case .chaCha20, .ecdsaChaCha20, .rsaChaCha20: "CHACHA20-POLY1305"
    case .ecdsaAES128CBC, .rsaAES128CBC: "AES-128-CBC"
    case .ecdsaAES256CBC, .rsaAES256CBC: "AES-256-CBC"
    }
  }

  /// Whether it authenticates data by itself, as TLS 1.3 wants it.
  var isAuthenticated: Bool { !cipher.hasSuffix("CBC") }
}
