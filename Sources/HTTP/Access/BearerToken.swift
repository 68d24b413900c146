import CCrypto

/// A secret that can be compared with, but not read back.
struct BearerToken: Sendable {
  private let digest: [UInt8]

  /// Keeps the digest of `secret`; nil for an empty one, which would let everybody in.
  init?(_ secret: String) {
    guard !secret.isEmpty, let digest = sha256(secret) else { return nil }
    self.digest = digest
  }

  /// Compares digests in constant time, so that neither a common prefix nor the length shows.
  func matches(_ candidate: some StringProtocol) -> Bool {
    guard let other = sha256(String(candidate)) else { return false }
    return CRYPTO_memcmp(digest, other, digest.count) == 0
  }
}

/// 32 bytes; nil if the library cannot compute it (out of memory).
private func sha256(_ text: String) -> [UInt8]? {
  var text = text
  var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
  var count: UInt32 = 0
  let done = text.withUTF8 {
    EVP_Digest($0.baseAddress, $0.count, &digest, &count, EVP_sha256(), nil)
  }
  return done == 1 ? Array(digest.prefix(Int(count))) : nil
}
