/// Why the server could not start.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
  /// Not a numeric address; the text as configured.
  case badAddress(String)
  /// Another socket listens on this `address:port`.
  case inUse(String)
  /// The user may not listen on this `address:port`.
  case notPermitted(String)
  /// No interface has the address of this `address:port`.
  case notOurs(String)
  /// A system call (`what`) failed (`why`) for this `address:port`.
  case system(String, what: String, why: String)

  /// What was being done, to what, why it failed and what to do.
  package var description: String {
    switch self {
    case .badAddress(let address):
      "cannot listen on \"\(address)\": not an IPv4 or IPv6 address, such as 127.0.0.1 or ::1"
    case .inUse(let address):
      "\(address) is already in use: another sidelight, or set listen:"
    case .notPermitted(let address):
      "cannot listen on \(address): not permitted; ports below 1024 need CAP_NET_BIND_SERVICE, or"
        + " set listen:"
    case .notOurs(let address):
      "cannot listen on \(address): no interface of this machine has that address, see listen:"
    case .system(let address, let what, let why):
      "cannot listen on \(address): \(what): \(why)"
    }
  }
}
