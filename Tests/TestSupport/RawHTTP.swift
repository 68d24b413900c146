import Glibc

/// A connection to a server on this machine over which a test sends bytes of its own making.
package final class RawHTTP {
  /// Why there is no response to read.
  package enum Failure: Error, Equatable {
    case refused
    /// Nothing came for five seconds.
    case timeout
    /// The server closed the connection; `got` is what it had sent of a response.
    case closed(got: String)
  }

  /// One parsed response.
  package struct Response: Equatable {
    package var status: Int
    /// By name in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  /// Connects to 127.0.0.1, or to `::1`; from another address of this machine if `from` names one.
  package init(port: UInt16, ipv6: Bool = false, from: String? = nil) throws(Failure) {
    descriptor = socket(ipv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if let from {
      var own = sockaddr_in(port: 0)
      guard inet_pton(AF_INET, from, &own.sin_addr) == 1,
        withUnsafePointer(
          to: &own,
          {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
              bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
          }) == 0
      else { throw .refused }
    }
    let connected =
      ipv6
      ? connect(sockaddr_in6(port: port), AF_INET6) : connect(sockaddr_in(port: port), AF_INET)
    guard connected else { throw .refused }
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  /// Sends all of `text`; false if the server has closed the connection.
  @discardableResult
  package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Sends all of `bytes`; false if the server has closed the connection.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  /// Reads one response; `toHead` for one without a body whatever its length says.
  package func response(toHead: Bool = false) throws(Failure) -> Response {
    while headEnd == nil { try fill() }
    guard let end = headEnd else { throw .closed(got: "") }
    let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
    buffer.removeFirst(end + 4)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
    }
    let length = toHead ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
    while buffer.count < length { try fill() }
    defer { buffer.removeFirst(length) }
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Response(status: status, headers: headers, body: Array(buffer.prefix(length)))
  }

  /// Sends a request without a body and reads its response.
  package func get(
    _ path: String, method: String = "GET", headers: [String] = []
  ) throws(Failure) -> Response {
    let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers
    send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    return try response(toHead: method == "HEAD")
  }

  /// Whether the server closes the connection, within `milliseconds`, without another byte.
  package func isClosed(within milliseconds: Int32 = 5000) -> Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard buffer.isEmpty, poll(&state, 1, milliseconds) > 0 else { return false }
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK)) <= 0
  }

  /// Whether the server closes the connection, whatever it sends before.
  package func isClosedAfterAll() -> Bool {
    while true {
      do throws(Failure) {
        try fill()
      } catch {
        if case .closed = error { return true }
        return false
      }
    }
  }

  private var headEnd: Int? {
    buffer.indices.first {
      buffer[$0] == UInt8(ascii: "\r") && buffer[$0...].starts(with: "\r\n\r\n".utf8)
    }
  }

  private func fill() throws(Failure) {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &piece, piece.count, 0)
    if count < 0 && errno == EAGAIN { throw .timeout }
    guard count > 0 else { throw .closed(got: String(decoding: buffer, as: UTF8.self)) }
    buffer += piece[..<count]
  }

  private func connect<Address>(_ address: Address, _ family: Int32) -> Bool {
    withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
      }
    }
  }
}

extension sockaddr_in {
  fileprivate init(port: UInt16) {
    self.init()
    sin_family = sa_family_t(AF_INET)
    sin_port = port.bigEndian
    sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  }
}

extension sockaddr_in6 {
  fileprivate init(port: UInt16) {
    self.init()
    sin6_family = sa_family_t(AF_INET6)
    sin6_port = port.bigEndian
    sin6_addr = in6addr_loopback
  }
}
