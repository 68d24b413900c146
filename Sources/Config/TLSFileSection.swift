import HTTP
import Support

/// `tls_server_config:`, as it stands in the file.
struct TLSFileSection: Equatable, Sendable {
  var cert: String?
  var key: String?
  var clientCA: String?
  var certFile: String?
  var keyFile: String?
  var clientCAFile: String?
  var options = TLSOptions()

  /// The files that it names.
  var files: [String] { [certFile, keyFile, clientCAFile].compactMap(\.self) }

  static let section = Section(
    blank: TLSFileSection(),
    keys: [
      Key(optional: "cert", .pem, \.cert, "The certificate itself, in PEM."),
      Key(optional: "key", .pem, \.key, "Its private key itself, in PEM."),
      Key(optional: "client_ca", .pem, \.clientCA, "Authorities of clients, in PEM."),
      Key(optional: "cert_file", file, \.certFile, "The certificate, with those above it."),
      Key(optional: "key_file", file, \.keyFile, "Its private key."),
      Key(optional: "client_ca_file", file, \.clientCAFile, "Authorities of clients."),
      Key("client_auth_type", clientAuth, \.options.clientAuth, "Whether clients show one."),
      Key(
        optional: "client_allowed_sans",
        .list(name, expected: "a list such as [prometheus.example]"),
        \.options.allowedNames, "Names of which a client's certificate must carry one."),
      Key("min_version", .choice(), \.options.minVersion, "The lowest version of TLS."),
      Key("max_version", .choice(), \.options.maxVersion, "The highest version of TLS."),
      Key(
        "cipher_suites", .list(.choice("cipher suite"), expected: "a list of cipher suites"),
        \.options.cipherSuites, "Ciphers in order of preference."),
      Key(
        "prefer_server_cipher_suites", .flag, \.options.prefersOwnOrder,
        "Whether that order counts, rather than the client's."),
      Key(
        "curve_preferences", .list(.choice("curve"), expected: "a list such as [X25519]"),
        \.options.curves, "Groups for the key exchange in order of preference."),
    ])

  private static let file = Kind<String>.path("file", expected: "a file such as server.crt")
  private static let name = Kind<String>.text(
    "name", expected: "a name such as prometheus.example", limit: 256)

  /// With the older word for one of them, which the toolkit takes too.
  private static let clientAuth = Kind<TLSOptions.ClientAuth>.scalar(
    "one of \(TLSOptions.ClientAuth.allCases.map(\.rawValue).joined(separator: ", "))",
    expected: "such as RequireAndVerifyClientCert", show: { .text($0.rawValue) }
  ) { text, _ throws(Complaint) in
    if text == "RequireClientCert" { return .requireAny }
    if let value = TLSOptions.ClientAuth(rawValue: text) { return value }
    let words = TLSOptions.ClientAuth.allCases.map(\.rawValue)
    throw Complaint(
      "expected one of \(words.joined(separator: ", ")), got \(text.quoted)"
        + Suggestion.hint(for: text, in: words))
  }

  /// The certificate and all else, ready to be used; nil if it cannot be, which has then been told.
  func context(_ field: Field, _ decoder: inout ConfigDecoder) -> TLSContext? {
    let before = decoder.problems.count
    guard let mapping = Mapping(field, &decoder), !mapping.entries.isEmpty else { return nil }
    var parts = TLSFileParts(mapping: mapping)
    var options = options
    options.certificate = parts.read("cert", cert, certFile, isNeeded: true, &decoder) ?? []
    options.key = parts.read("key", key, keyFile, isNeeded: true, isSecret: true, &decoder) ?? []
    options.clientAuthorities = parts.read("client_ca", clientCA, clientCAFile, &decoder)
    parts.check(options, &decoder)
    let isSound = mapping.entries.allSatisfy { decoder.isSound(mapping.field($0)) }
    guard isSound, decoder.problems.count == before else { return nil }
    do throws(TLSProblem) {
      return try TLSContext(options)
    } catch {
      parts.complain(error, &decoder)
      return nil
    }
  }
}

/// Where the parts of `tls_server_config` stand.
struct TLSFileParts {
  let mapping: Mapping
  private var places: [String: Field] = [:]

  init(mapping: Mapping) { self.mapping = mapping }

  /// More bytes than this are no certificates.
  private static let maximumBytes = 1 << 20

  /// What stands in `NAME` or the file of `NAME_file`.
  mutating func read(
    _ name: String, _ inline: String?, _ file: String?, isNeeded: Bool = false,
    isSecret: Bool = false, _ decoder: inout ConfigDecoder
  ) -> [UInt8]? {
    let fileName = "\(name)_file"
    let place = mapping[fileName] ?? mapping[name]
    places[name] = place
    if mapping[name] != nil, let other = mapping[fileName] {
      decoder.complain(other, "given together with \(name), expected one of them")
      return nil
    }
    guard let place else {
      if isNeeded {
        decoder.complain(
          mapping.mark, "\(mapping.path) has neither \(name) nor \(fileName), expected one of them")
      }
      return nil
    }
    if isSecret { decoder.secretFiles.append(file ?? decoder.file) }
    if let inline { return Array(inline.utf8) }
    guard let file else { return nil }
    do {
      return try BoundedFile.read(file, limit: Self.maximumBytes)
    } catch {
      decoder.complain(place, "cannot read \(file.quoted): \(error.reason)")
      return nil
    }
  }

  /// Tells what does not go together.
  func check(_ options: TLSOptions, _ decoder: inout ConfigDecoder) {
    let hasAuthorities = places["client_ca"] != nil
    if options.clientAuth.verifies, !hasAuthorities {
      complain(
        "client_auth_type", "\(options.clientAuth.rawValue) needs client_ca_file to verify by",
        &decoder)
    }
    if options.clientAuth == .none, hasAuthorities {
      complain(
        mapping["client_ca_file"] == nil ? "client_ca" : "client_ca_file",
        "given without client_auth_type, so that no client would be asked for a certificate",
        &decoder)
    }
    if options.allowedNames != nil, !options.clientAuth.verifies {
      complain(
        "client_allowed_sans",
        "needs client_auth_type RequireAndVerifyClientCert or VerifyClientCertIfGiven: anybody can"
          + " put any name into a certificate that is not verified", &decoder)
    }
    if options.minVersion > options.maxVersion {
      complain("min_version", "is above max_version", &decoder)
    }
  }

  /// Tells at the right key why a context cannot be made.
  func complain(_ problem: TLSProblem, _ decoder: inout ConfigDecoder) {
    switch problem {
    case .certificate(let why): tell("cert", why, &decoder)
    case .key(let why): tell("key", why, &decoder)
    case .clientAuthorities(let why): tell("client_ca", why, &decoder)
    case .cipherSuites(let why): complain("cipher_suites", why, &decoder)
    case .system(let why): decoder.complain(mapping.mark, "\(mapping.path): \(why)")
    }
  }

  private func tell(_ name: String, _ why: String, _ decoder: inout ConfigDecoder) {
    if let place = places[name] { decoder.complain(place, why) }
  }

  private func complain(_ key: String, _ why: String, _ decoder: inout ConfigDecoder) {
    decoder.complain(mapping[key]?.node.mark ?? mapping.mark, "\(mapping.path).\(key): \(why)")
  }
}

extension Kind where Value == String {
  /// Text over several lines, as certificates are.
  fileprivate static var pem: Kind {
    Kind(
      name: "text",
      read: { field, decoder in
        guard case .scalar(let text, _) = field.node.content, !field.node.isNull, !text.isEmpty
        else {
          decoder.mismatch(field, expected: "a certificate or key in PEM")
          return nil
        }
        return text
      },
      show: { _ in .redacted })
  }
}
