internal import CCrypto
import Glibc

/// Makes a label's value from what a log said.
///
/// Values are valid UTF-8 of at most 128 bytes and no personal address: what looks like one becomes
/// `h:` and 8 hex digits of a hash keyed with the ledger's own secret, so that it can be told from
/// others but not looked up.
struct LabelText: Sendable {
  static let longest = 128

  /// 32 random bytes that the ledger keeps.
  let secret: [UInt8]

  /// The value for `dimension`; nil if `raw` says nothing.
  func clean(_ raw: UnsafeRawBufferPointer, for dimension: Dimension) -> String? {
    guard !raw.isEmpty, !Self.meansNothing(raw) else { return nil }
    if Self.isPrivate(raw, for: dimension) { return pseudonym(of: raw) }
    var end = min(raw.count, Self.longest)
    while end < raw.count, end > 0, raw[end] & 0xC0 == 0x80 { end -= 1 }
    let text = String(decoding: raw[..<end], as: UTF8.self)
    // Texts that end at a NUL for others must not be told apart by what follows it.
    return raw[..<end].contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
  }

  private static func meansNothing(_ raw: UnsafeRawBufferPointer) -> Bool {
    raw.count == 4 && (raw.elementsEqual("None".utf8) || raw.elementsEqual("null".utf8))
  }

  /// Names that the proxy's configuration gives may hold an `@` (Vertex AI's `model@version`), so
  /// they must look like an e-mail address; anything a client can choose is private with any `@`.
  private static func isPrivate(_ raw: UnsafeRawBufferPointer, for dimension: Dimension) -> Bool {
    if let at = raw.lastIndex(of: UInt8(ascii: "@")) {
      if !dimension.isConfigured || raw[at...].contains(UInt8(ascii: ".")) { return true }
    }
    // A key's id is cut to 8 characters, which of a key in the clear are 8 too many.
    let isLong = raw.count >= 20 || dimension == .key
    return isAddress(raw) || isLong && raw.starts(with: "sk-".utf8)
  }

  private static func isAddress(_ raw: UnsafeRawBufferPointer) -> Bool {
    guard raw.count <= 45, raw.contains(where: { $0 == 0x2E || $0 == 0x3A }) else { return false }
    let text = String(decoding: raw, as: UTF8.self)
    var address = in6_addr()
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
  }

  private func pseudonym(of raw: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    var length = UInt32(0)
    HMAC(
      EVP_sha256(), secret, Int32(secret.count),
      raw.baseAddress?.assumingMemoryBound(to: UInt8.self), raw.count, &digest, &length)
    let digits = digest.prefix(4).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    return "h:" + digits.joined()
  }
}
