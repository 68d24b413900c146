import CGnuTLS
import Glibc
package import Support

/// Certificate, key and rules that new connections speak TLS by; GnuTLS' objects, closed with it.
///
/// `@unchecked Sendable`: everything is set in `init` and only read from then on; GnuTLS lets any
/// number of sessions read the same credentials and priorities at once.
package final class TLSContext: @unchecked Sendable, Equatable {
  /// What it was made of.
  package let options: TLSOptions
  /// When the certificate begins to hold and ceases to.
  package let validity: ClosedRange<Timestamp>
  /// Names that the certificate carries.
  package let names: [String]
  private let credentials: gnutls_certificate_credentials_t
  private let priorities: gnutls_priority_t

  /// Whether every client has shown a certificate that was verified.
  var verifiesEveryClient: Bool { options.clientAuth == .requireAndVerify }

  /// Reads certificate, key and authorities, and checks that they belong together.
  package init(_ options: TLSOptions) throws(TLSProblem) {
    self.options = options
    let chain = try CertificateList(options.certificate)
    let key = try PrivateKey(options.key)
    guard let leaf = chain.first else { throw .certificate("holds no certificate") }
    let (from, to) = (leaf.validFrom, leaf.validTo)
    validity = from...max(from, to)
    names = leaf.names
    let text = TLSPriorities.text(options, isRSA: leaf.isRSA)
    guard let text else {
      throw .cipherSuites(
        "leave nothing to speak with \(leaf.isRSA ? "an RSA" : "an ECDSA") certificate in"
          + " \(options.minVersion.rawValue) to \(options.maxVersion.rawValue)")
    }
    var priorities: gnutls_priority_t?
    guard gnutls_priority_init(&priorities, text, nil) == 0, let priorities else {
      throw .system("GnuTLS does not know \(text.quoted)")
    }
    var credentials: gnutls_certificate_credentials_t?
    guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials else {
      gnutls_priority_deinit(priorities)
      throw .system("out of memory")
    }
    // From here on `deinit` closes both, also if what follows throws.
    (self.priorities, self.credentials) = (priorities, credentials)
    let status = chain.use(with: key, in: credentials)
    if status == GNUTLS_E_CERTIFICATE_KEY_MISMATCH {
      throw .key("is not the key of the certificate")
    }
    guard status >= 0 else { throw .key(gnutlsText(status, wanted: "key")) }
    if let authorities = options.clientAuthorities {
      let count = withDatum(authorities) {
        gnutls_certificate_set_x509_trust_mem(credentials, $0, GNUTLS_X509_FMT_PEM)
      }
      guard count > 0 else {
        throw .clientAuthorities(
          count < 0 ? gnutlsText(count, wanted: "certificate") : "holds no certificate in PEM")
      }
    }
  }

  deinit {
    gnutls_certificate_free_credentials(credentials)
    gnutls_priority_deinit(priorities)
  }

  /// Has a session that has not begun its handshake speak by these rules; false if it cannot. The
  /// caller keeps `self` until the session is closed.
  func govern(_ session: UnsafeMutableRawPointer) -> Bool {
    let session = OpaquePointer(session)
    guard gnutls_priority_set(session, priorities) == 0,
      gnutls_credentials_set(
        session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials)) == 0
    else { return false }
    let request =
      switch options.clientAuth {
      case .none: GNUTLS_CERT_IGNORE
      case .request, .verifyIfGiven: GNUTLS_CERT_REQUEST
      case .requireAny, .requireAndVerify: GNUTLS_CERT_REQUIRE
      }
    gnutls_certificate_server_set_request(session, request)
    return true
  }

  /// Whether the certificate that the client showed, if it did, is one of those let in.
  func admitsPeer(of session: UnsafeMutableRawPointer) -> Bool {
    guard options.clientAuth.verifies else { return true }
    let session = OpaquePointer(session)
    var count: UInt32 = 0
    guard let shown = gnutls_certificate_get_peers(session, &count), count > 0 else {
      return options.clientAuth == .verifyIfGiven
    }
    guard isTrusted(session) else { return false }
    guard let allowed = options.allowedNames else { return true }
    guard let leaf = Certificate(der: shown) else { return false }
    return leaf.names.contains { allowed.contains($0) }
  }

  private func isTrusted(_ session: OpaquePointer) -> Bool {
    var purpose = Array(GNUTLS_KP_TLS_WWW_CLIENT.utf8) + [0]
    return purpose.withUnsafeMutableBufferPointer { purpose in
      var data = gnutls_typed_vdata_st(
        type: GNUTLS_DT_KEY_PURPOSE_OID, data: purpose.baseAddress, size: 0)
      var status: UInt32 = 0
      return gnutls_certificate_verify_peers(session, &data, 1, &status) == 0 && status == 0
    }
  }

  package static func == (left: TLSContext, right: TLSContext) -> Bool {
    left.options == right.options
  }
}

/// What is wrong with a PEM text that should hold a `kind`, by GnuTLS' error code.
func gnutlsText(_ code: Int32, wanted kind: String) -> String {
  switch code {
  case GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE,
    GNUTLS_E_NO_CERTIFICATE_FOUND:
    "holds no \(kind) in PEM"
  default: String(cString: gnutls_strerror(code))
  }
}

/// Calls `body` with `bytes` as GnuTLS takes them.
func withDatum<Result>(
  _ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Result
) -> Result {
  var bytes = bytes
  return bytes.withUnsafeMutableBufferPointer { buffer in
    var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
    return body(&datum)
  }
}
