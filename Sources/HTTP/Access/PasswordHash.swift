import CCrypt
import CCrypto
import Glibc

/// A password as bcrypt keeps it: `$2y$10$` and 53 characters of salt and hash.
package struct PasswordHash: Sendable, Equatable {
  /// As it was written.
  package let text: String

  /// Its logarithm to the base 2 of rounds: each step doubles the time that a check takes.
  package let cost: Int

  /// Nil unless it has the form of `$2a$`, `$2b$` or `$2y$`.
  package init?(_ text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard text.utf8.count == 60, parts.count == 4, parts[0].isEmpty,
      ["2a", "2b", "2y"].contains(parts[1]), parts[2].utf8.count == 2,
      parts[2].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let cost = Int(parts[2]),
      (4...31).contains(cost), parts[3].utf8.count == 53, parts[3].utf8.allSatisfy(isSaltByte)
    else { return nil }
    self.text = text
    self.cost = cost
  }

  /// Computes the hash of `password`, which takes some 50 ms at a cost of 10, and compares it in
  /// constant time. As bcrypt has it, only the first 72 bytes count.
  package func matches(_ password: String) -> Bool {
    guard !password.utf8.contains(0) else { return false }
    // The library wants its memory from the caller, 32 KiB, and leaves the password in it.
    var data = [UInt8](repeating: 0, count: MemoryLayout<crypt_data>.size)
    let computed: [UInt8]? = data.withUnsafeMutableBytes { data in
      defer { OPENSSL_cleanse(data.baseAddress, data.count) }
      guard let found = crypt_rn(password, text, data.baseAddress, Int32(data.count)) else {
        return nil
      }
      return Array(UnsafeRawBufferPointer(start: found, count: strlen(found)))
    }
    let expected = Array(text.utf8)
    guard let computed, computed.count == expected.count else { return false }
    return CRYPTO_memcmp(computed, expected, expected.count) == 0
  }
}

private func isSaltByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
  case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
  default: false
  }
}
