import Glibc

/// An IPv4 or IPv6 address; an IPv4 one inside IPv6 (`::ffff:10.0.0.1`) is kept as IPv4.
package enum IPAddress: Sendable, Hashable, CustomStringConvertible {
  /// The four bytes in host order.
  case v4(UInt32)
  /// The two halves in host order.
  case v6(high: UInt64, low: UInt64)

  /// Reads the numeric form, IPv6 without brackets; nil for anything else, a name too.
  package init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self = .v4(UInt32(bigEndian: four.s_addr))
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      self.init(six)
    } else {
      return nil
    }
  }

  /// The address in a `sockaddr`; nil if it is of another family.
  init?(_ address: UnsafePointer<sockaddr>) {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      self = .v4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
    case AF_INET6:
      self.init(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
    default:
      return nil
    }
  }

  /// The address in so many bytes as a certificate holds: 4 or 16; nil for any other count.
  init?(bytes: [UInt8]) {
    switch bytes.count {
    case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      self.init(bytes.withUnsafeBytes { $0.loadUnaligned(as: in6_addr.self) })
    default: return nil
    }
  }

  private init(_ address: in6_addr) {
    let (high, low) = withUnsafeBytes(of: address) {
      (
        UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    self =
      high == 0 && low >> 32 == 0xffff ? .v4(UInt32(low & 0xffff_ffff)) : .v6(high: high, low: low)
  }

  /// Whether it is in 127.0.0.0/8 or `::1`.
  package var isLoopback: Bool {
    switch self {
    case .v4(let bytes): bytes >> 24 == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }

  /// The numeric form, IPv6 without brackets.
  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    switch self {
    case .v4(let bytes):
      var address = in_addr(s_addr: bytes.bigEndian)
      inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
    case .v6:
      var address = in6
      inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// `address:port`, IPv6 in brackets.
  package func description(port: UInt16) -> String {
    switch self {
    case .v4: "\(self):\(port)"
    case .v6: "[\(self)]:\(port)"
    }
  }

  private var in6: in6_addr {
    var address = in6_addr()
    guard case .v6(let high, let low) = self else { return address }
    withUnsafeMutableBytes(of: &address) {
      $0.storeBytes(of: high.bigEndian, as: UInt64.self)
      $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return address
  }

  /// Calls `body` with the address and `port` as a `sockaddr`.
  func withSocketAddress<Result>(
    port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var storage = sockaddr_storage()
    let length = withUnsafeMutableBytes(of: &storage) { raw in
      switch self {
      case .v4(let bytes):
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = bytes.bigEndian
        raw.storeBytes(of: address, as: sockaddr_in.self)
        return MemoryLayout<sockaddr_in>.size
      case .v6:
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_addr = in6
        raw.storeBytes(of: address, as: sockaddr_in6.self)
        return MemoryLayout<sockaddr_in6>.size
      }
    }
    return withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
    }
  }
}
