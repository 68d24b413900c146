import CGnuTLS
import Glibc
import Support

/// One X.509 certificate, closed with its owner unless it belongs to a list.
struct Certificate: ~Copyable {
  private let handle: gnutls_x509_crt_t

  /// Reads the certificate that a client showed; nil if it cannot be read.
  init?(der: UnsafePointer<gnutls_datum_t>) {
    var handle: gnutls_x509_crt_t?
    guard gnutls_x509_crt_init(&handle) == 0, let handle else { return nil }
    guard gnutls_x509_crt_import(handle, der, GNUTLS_X509_FMT_DER) == 0 else {
      gnutls_x509_crt_deinit(handle)
      return nil
    }
    self.handle = handle
  }

  deinit { gnutls_x509_crt_deinit(handle) }

  /// DNS names, addresses, e-mail addresses and URIs under which it was issued.
  var names: [String] { subjectNames(handle) }
}

/// The certificates of a PEM file.
struct CertificateList: ~Copyable {
  private let handles: UnsafeMutablePointer<gnutls_x509_crt_t?>
  private let count: UInt32

  /// What is asked of the first one, the server's own.
  struct Leaf {
    var isRSA: Bool
    var validFrom: Timestamp
    var validTo: Timestamp
    var names: [String]
  }

  init(_ pem: [UInt8]) throws(TLSProblem) {
    var handles: UnsafeMutablePointer<gnutls_x509_crt_t?>?
    var count: UInt32 = 0
    let status = withDatum(pem) {
      gnutls_x509_crt_list_import2(&handles, &count, $0, GNUTLS_X509_FMT_PEM, 0)
    }
    guard status >= 0, let handles else {
      throw .certificate(gnutlsText(status, wanted: "certificate"))
    }
    (self.handles, self.count) = (handles, count)
  }

  deinit {
    for index in 0..<Int(count) { gnutls_x509_crt_deinit(handles[index]) }
    gnutls_release(handles)
  }

  var first: Leaf? {
    guard count > 0, let leaf = handles[0] else { return nil }
    var bits: UInt32 = 0
    let algorithm = gnutls_pk_algorithm_t(
      rawValue: UInt32(gnutls_x509_crt_get_pk_algorithm(leaf, &bits)))
    return Leaf(
      isRSA: algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS,
      validFrom: time(gnutls_x509_crt_get_activation_time(leaf)),
      validTo: time(gnutls_x509_crt_get_expiration_time(leaf)),
      names: subjectNames(leaf))
  }

  /// Puts all of them and the key into credentials, which copy them; a negative code if they do not
  /// fit each other.
  func use(with key: borrowing PrivateKey, in credentials: gnutls_certificate_credentials_t)
    -> Int32
  {
    gnutls_certificate_set_x509_key(credentials, handles, Int32(count), key.handle)
  }
}

/// A private key.
struct PrivateKey: ~Copyable {
  fileprivate let handle: gnutls_x509_privkey_t

  init(_ pem: [UInt8]) throws(TLSProblem) {
    var handle: gnutls_x509_privkey_t?
    guard gnutls_x509_privkey_init(&handle) == 0, let handle else { throw .system("out of memory") }
    let status = withDatum(pem) {
      gnutls_x509_privkey_import2(handle, $0, GNUTLS_X509_FMT_PEM, nil, 0)
    }
    guard status >= 0 else {
      gnutls_x509_privkey_deinit(handle)
      throw .key(
        status == GNUTLS_E_DECRYPTION_FAILED
          ? "is encrypted; a server needs it without a passphrase"
          : gnutlsText(status, wanted: "private key"))
    }
    self.handle = handle
  }

  deinit { gnutls_x509_privkey_deinit(handle) }
}

/// At most so many names of a certificate are looked at.
private let mostNames: UInt32 = 1000

private func subjectNames(_ certificate: gnutls_x509_crt_t) -> [String] {
  var names: [String] = []
  var buffer = [UInt8](repeating: 0, count: 1024)
  for index in 0..<mostNames {
    var size = buffer.count
    var kind: UInt32 = 0
    let status = gnutls_x509_crt_get_subject_alt_name2(
      certificate, index, &buffer, &size, &kind, nil)
    if status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
    guard status >= 0, size <= buffer.count else { continue }
    let bytes = buffer.prefix(size)
    switch gnutls_x509_subject_alt_name_t(rawValue: UInt32(status)) {
    case GNUTLS_SAN_DNSNAME, GNUTLS_SAN_RFC822NAME, GNUTLS_SAN_URI:
      // A zero within stays, so that such a name is like no other.
      let text = bytes.last == 0 ? bytes.dropLast() : bytes
      names.append(String(decoding: text, as: UTF8.self))
    case GNUTLS_SAN_IPADDRESS:
      if let address = IPAddress(bytes: Array(bytes)) { names.append("\(address)") }
    default: break
    }
  }
  return names
}

private func time(_ seconds: time_t) -> Timestamp {
  Timestamp(microseconds: Int64(seconds).multipliedReportingOverflow(by: 1_000_000).partialValue)
}
