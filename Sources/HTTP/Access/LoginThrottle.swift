import Support

/// Slows down who guesses credentials; pure, so that time is a parameter.
///
/// Every address may be wrong so many times, and then once in an interval: a client with a stale
/// password goes on asking as ever, a thousand guesses take most of two hours.
struct LoginThrottle {
  /// Wrong attempts of one address in a row.
  static let burst: Int64 = 20
  /// After which one more is allowed.
  static let interval = TimeSpan.seconds(6)
  /// More addresses than this are not remembered; the least guilty are forgotten.
  static let mostAddresses = 4096

  /// When all that an address was wrong will be forgiven.
  private var forgiven: [IPAddress: Timestamp] = [:]

  /// Addresses that are remembered.
  var remembered: Int { forgiven.count }

  private static let patience = TimeSpan(microseconds: interval.microseconds * burst)

  /// How long until `address` may be wrong again; nil if it may now.
  func wait(_ address: IPAddress, at now: Timestamp) -> TimeSpan? {
    guard let until = forgiven[address.network], until > now else { return nil }
    let wait = until + Self.interval - Self.patience - now
    return wait > .seconds(0) ? wait : nil
  }

  /// Counts a wrong attempt; true if it is the one from which on the address has to wait.
  mutating func charge(_ address: IPAddress, at now: Timestamp) -> Bool {
    let network = address.network
    if forgiven[network] == nil { makeRoom(at: now) }
    let waited = wait(address, at: now) != nil
    forgiven[network] = max(forgiven[network] ?? now, now) + Self.interval
    return !waited && wait(address, at: now) != nil
  }

  /// Takes a charge back.
  mutating func refund(_ address: IPAddress) {
    guard let until = forgiven[address.network] else { return }
    forgiven[address.network] = until - Self.interval
  }

  private mutating func makeRoom(at now: Timestamp) {
    guard forgiven.count >= Self.mostAddresses else { return }
    forgiven = forgiven.filter { $0.value > now }
    guard forgiven.count >= Self.mostAddresses,
      let least = forgiven.min(by: { $0.value < $1.value })?.key
    else { return }
    forgiven[least] = nil
  }
}

extension IPAddress {
  /// What one client has to itself: an IPv4 address, or the 64 bits of an IPv6 network.
  fileprivate var network: IPAddress {
    switch self {
    case .v4: self
    case .v6(let high, _): .v6(high: high, low: 0)
    }
  }
}
