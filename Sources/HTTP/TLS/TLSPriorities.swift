/// What the two sides may agree on, in GnuTLS' notation.
enum TLSPriorities {
  /// The priority string for `options`; nil if the ciphers leave no way to speak any of the
  /// versions with a certificate of that kind.
  ///
  /// GnuTLS combines ciphers and ways of authentication freely; with those of one kind of
  /// certificate, nothing comes of it that was not listed.
  static func text(_ options: TLSOptions, isRSA: Bool) -> String? {
    let own: CipherSuite.Authentication = isRSA ? .rsa : .ecdsa
    let listed = options.cipherSuites.filter {
      $0.authentication == own || $0.authentication == .any
    }
    if listed.isEmpty, !options.cipherSuites.isEmpty { return nil }
    let ciphers = unique(listed.isEmpty ? usual(options) : listed.map(\.cipher))
    let versions = TLSOptions.Version.allCases.filter {
      $0 >= options.minVersion && $0 <= options.maxVersion
        && canSpeak($0, listed, own, ciphers: ciphers)
    }
    guard !versions.isEmpty else { return nil }
    var words = ["NORMAL", "-VERS-ALL"]
    words += versions.map { "+VERS-\($0.notation)" }
    words += ["-KX-ALL", "+ECDHE-ECDSA", "+ECDHE-RSA", "-CIPHER-ALL"] + ciphers.map { "+\($0)" }
    words += ["-MAC-ALL", "+AEAD"] + (ciphers.contains { $0.hasSuffix("CBC") } ? ["+SHA1"] : [])
    if !options.curves.isEmpty {
      words += ["-GROUP-ALL"] + options.curves.map { "+\($0.notation)" }
    }
    // Before 1.2 the handshake itself is signed with SHA-1.
    if versions.contains(where: { $0 < .tls12 }) { words.append("%VERIFY_ALLOW_SIGN_WITH_SHA1") }
    if options.prefersOwnOrder { words.append("%SERVER_PRECEDENCE") }
    return words.joined(separator: ":")
  }

  private static func usual(_ options: TLSOptions) -> [String] {
    let authenticated = ["AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"]
    return options.minVersion < .tls12
      ? authenticated + ["AES-128-CBC", "AES-256-CBC"] : authenticated
  }

  private static func canSpeak(
    _ version: TLSOptions.Version, _ listed: [CipherSuite], _ own: CipherSuite.Authentication,
    ciphers: [String]
  ) -> Bool {
    switch version {
    case .tls13: ciphers.contains { !$0.hasSuffix("CBC") }
    case .tls12: listed.isEmpty || listed.contains { $0.authentication == own }
    case .tls10, .tls11: ciphers.contains { $0.hasSuffix("CBC") }
    }
  }

  private static func unique(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }
  }
}

extension TLSOptions.Version {
  fileprivate var notation: String {
    switch self {
    case .tls10: "TLS1.0"
    case .tls11: "TLS1.1"
    case .tls12: "TLS1.2"
    case .tls13: "TLS1.3"
    }
  }
}

extension TLSOptions.Curve {
  fileprivate var notation: String {
    switch self {
    case .x25519: "GROUP-X25519"
    case .p256: "GROUP-SECP256R1"
    case .p384: "GROUP-SECP384R1"
    case .p521: "GROUP-SECP521R1"
    }
  }
}
