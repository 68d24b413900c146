import Glibc

/// The server's end of one connection; used by one thread.
struct ScriptedConnection: ~Copyable {
  private let descriptor: Int32
  private let number: Int

  init(_ descriptor: Int32, _ number: Int) {
    self.descriptor = descriptor
    self.number = number
  }

  consuming func end() { close(descriptor) }

  /// Reads the next request; nil if the client has hung up.
  func next() -> ScriptedServer.Request? {
    var bytes: [UInt8] = []
    var end: Int?
    while end == nil {
      guard read(into: &bytes) else { return nil }
      end = bytes.indices.first { bytes[$0...].starts(with: "\r\n\r\n".utf8) }
    }
    guard let end else { return nil }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while bytes.count < end + 4 + length { guard read(into: &bytes) else { return nil } }
    return ScriptedServer.Request(
      method: String(words.first ?? ""), path: String(words.dropFirst().first ?? ""),
      headers: headers, body: Array(bytes[(end + 4)...]), connection: number)
  }

  /// Does `step`; false if the connection has ended.
  func perform(_ step: ScriptedServer.Step, _ isStopping: () -> Bool) -> Bool {
    switch step {
    case .send(let bytes): return send(bytes)
    case .flood(let bytes, let times): return (0..<times).allSatisfy { _ in send(bytes) }
    case .hang:
      var ignored: [UInt8] = []
      while read(into: &ignored) { ignored = [] }
      return false
    case .wait(let gate): return gate.pass(isStopping)
    case .close: return false
    case .reset:
      var now = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
      return false
    }
  }

  private func read(into bytes: inout [UInt8]) -> Bool {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &piece, piece.count, 0)
    guard count > 0 else { return false }
    bytes += piece[..<count]
    return true
  }

  private func send(_ bytes: [UInt8]) -> Bool {
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
}
