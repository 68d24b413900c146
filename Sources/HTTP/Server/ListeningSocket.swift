import Glibc

/// A bound, listening TCP socket, closed with its owner unless given away.
struct ListeningSocket: ~Copyable {
  private let descriptor: Int32
  /// The port it listens on, also if the system chose it.
  let port: UInt16

  /// Binds to `address` and `port`, 0 for one that the system chooses.
  static func open(_ address: IPAddress, port: UInt16) throws(HTTPServerError) -> ListeningSocket {
    let family =
      switch address {
      case .v4: AF_INET
      case .v6: AF_INET6
      }
    let name = address.description(port: port)
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, flags, 0)
    guard descriptor >= 0 else {
      throw .system(name, what: "socket", why: String(cString: strerror(errno)))
    }
    if let problem = bind(descriptor, address, port: port, name: name) {
      close(descriptor)
      throw problem
    }
    return ListeningSocket(descriptor: descriptor, port: boundPort(descriptor) ?? port)
  }

  private init(descriptor: Int32, port: UInt16) {
    self.descriptor = descriptor
    self.port = port
  }

  deinit { close(descriptor) }

  /// Hands the open descriptor over; from here on the caller closes it.
  consuming func release() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  private static func bind(
    _ descriptor: Int32, _ address: IPAddress, port: UInt16, name: String
  ) -> HTTPServerError? {
    // Or a restart would have to wait a minute for the last one's connections to be forgotten.
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    guard address.withSocketAddress(port: port, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
      switch errno {
      case EADDRINUSE: return .inUse(name)
      case EACCES: return .notPermitted(name)
      case EADDRNOTAVAIL: return .notOurs(name)
      default: return .system(name, what: "bind", why: String(cString: strerror(errno)))
      }
    }
    guard listen(descriptor, 128) == 0 else {
      if errno == EADDRINUSE { return .inUse(name) }
      return .system(name, what: "listen", why: String(cString: strerror(errno)))
    }
    return nil
  }

  private static func boundPort(_ descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard getsockname(descriptor, $0, &length) == 0 else { return nil }
        // The port sits at the same place in both families.
        let raw = UnsafeRawPointer($0)
        return UInt16(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_port)
      }
    }
  }
}
