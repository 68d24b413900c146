internal import CCrypto

extension Notification {
  /// An id that is the same wherever and whenever it is made of the same `parts`: what tells the
  /// event from every other one.
  ///
  /// Clients choose some of the parts, so only a cryptographic digest keeps them from making two
  /// events look like one. No dot is in it: signatures are over texts that dots separate.
  package static func stableID(_ parts: [String]) -> String {
    var text = ""
    for part in parts { text += "\(part.utf8.count):\(part)" }
    return "ntf_" + hex(sha256(Array(text.utf8)).prefix(16))
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// 32 bytes.
func sha256(_ bytes: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 32)
  // The one-shot digest fails only for lack of memory.
  EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
  return digest
}

/// The keyed digest of 32 bytes that RFC 2104 describes, over SHA-256.
func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 32)
  HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &digest, nil)
  return digest
}
