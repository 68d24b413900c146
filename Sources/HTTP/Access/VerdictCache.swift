import CCrypto

/// What became of credentials that were presented lately, so that a password is computed once and
/// not for every scrape. Bounded; the oldest go first, and wrong ones never displace right ones.
///
/// Neither names nor passwords are kept, only digests with a salt of this process.
struct VerdictCache {
  /// SHA-256 of what was presented and what it was compared with.
  struct Key: Hashable {
    fileprivate let digest: [UInt8]
  }

  private static let mostRight = 100
  private static let mostWrong = 1000

  private let salt: [UInt8]
  private var right = RecentKeys(most: mostRight)
  private var wrong = RecentKeys(most: mostWrong)

  init() {
    var salt = [UInt8](repeating: 0, count: 16)
    // Without randomness nothing is remembered: a cache that misses is safe.
    self.salt = RAND_bytes(&salt, 16) == 1 ? salt : []
  }

  /// The key of what was presented; nil if it cannot be computed.
  func key(_ parts: [String]) -> Key? {
    guard !salt.isEmpty else { return nil }
    var text = salt
    for part in parts {
      // Lengths, so that no two lists of parts read alike.
      withUnsafeBytes(of: part.utf8.count) { text += $0 }
      text += part.utf8
    }
    defer { OPENSSL_cleanse(&text, text.count) }
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    guard EVP_Digest(text, text.count, &digest, &count, EVP_sha256(), nil) == 1 else { return nil }
    return Key(digest: Array(digest.prefix(Int(count))))
  }

  /// Whether it was right; nil if it is not known.
  subscript(key: Key?) -> Bool? {
    guard let key else { return nil }
    return right.contains(key) ? true : wrong.contains(key) ? false : nil
  }

  mutating func remember(_ key: Key?, isRight: Bool) {
    guard let key else { return }
    if isRight { right.insert(key) } else { wrong.insert(key) }
  }
}

/// The last so many different keys.
private struct RecentKeys {
  private let most: Int
  private var keys: Set<VerdictCache.Key> = []
  private var order: [VerdictCache.Key] = []
  /// Where in `order` the oldest is, once it is full.
  private var oldest = 0

  init(most: Int) { self.most = most }

  func contains(_ key: VerdictCache.Key) -> Bool { keys.contains(key) }

  mutating func insert(_ key: VerdictCache.Key) {
    guard keys.insert(key).inserted else { return }
    guard order.count == most else { return order.append(key) }
    keys.remove(order[oldest])
    order[oldest] = key
    oldest = (oldest + 1) % most
  }
}
