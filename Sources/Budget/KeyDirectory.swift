internal import CCrypto

/// Whom a virtual key belongs to, as its last request said.
package struct KeyProfile: Sendable, Equatable {
  /// The first 8 hex digits of the key's hash, as a number.
  package var id: UInt32
  /// The key as labels call it: the alias, or those digits.
  package var key: String
  /// Empty without one.
  package var team: String
  /// Empty without one.
  package var user: String

  /// One row.
  package init(id: UInt32, key: String, team: String, user: String) {
    self.id = id
    self.key = key
    self.team = team
    self.user = user
  }

  /// Reads 8 hex digits; nil for anything else.
  package static func id(_ digits: some Sequence<UInt8>) -> UInt32? {
    var (id, count) = (UInt32(0), 0)
    for digit in digits {
      guard count < 8, let value = hexValue(digit) else { return nil }
      id = id << 4 | value
      count += 1
    }
    return count == 8 ? id : nil
  }

  private static func hexValue(_ digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a")) + 10
    default: nil
    }
  }

  /// The id of a key in the clear: LiteLLM keeps the SHA-256 of keys.
  package static func id(ofKey key: String) -> UInt32 {
    var key = key
    var digest = [UInt8](repeating: 0, count: 32)
    _ = key.withUTF8 {
      EVP_Digest($0.baseAddress, $0.count, &digest, nil, EVP_sha256(), nil)
    }
    return digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// The keys that were seen, so that the gate knows who asks.
package struct KeyDirectory: Sendable {
  /// More are not told apart from unknown ones.
  package static let capacity = 100_000

  private var fingerprints: [UInt32: UInt64] = [:]
  private var changed: [KeyProfile] = []

  /// Keys that were seen before; their profiles are looked at again.
  package init(_ known: [UInt32]) {
    for id in known { fingerprints[id] = 0 }
  }

  /// Notes whom a key belongs to; `profile` is asked for if the `fingerprint` is not the last one.
  package mutating func see(
    _ id: UInt32, fingerprint: UInt64, _ profile: () -> KeyProfile
  ) {
    let known = fingerprints[id]
    guard known != fingerprint, known != nil || fingerprints.count < Self.capacity else { return }
    fingerprints[id] = fingerprint
    changed.append(profile())
  }

  /// What is to be written with the batch.
  package mutating func takeChanges() -> [KeyProfile] {
    defer { changed.removeAll() }
    return changed
  }
}
