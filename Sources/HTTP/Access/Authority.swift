/// The host and port of a `Host` header or an `Origin`.
struct Authority: Equatable {
  /// In lower case, IPv6 without brackets, without a final dot.
  var host: String
  var port: UInt16?

  /// Reads `host`, `host:port`, `[v6]` and `[v6]:port`; nil for anything else.
  init?(_ text: some StringProtocol) {
    let text = text.lowercased()
    let rest: Substring
    if text.hasPrefix("[") {
      guard let bracket = text.firstIndex(of: "]") else { return nil }
      host = String(text[text.index(after: text.startIndex)..<bracket])
      guard host.contains(":"), IPAddress(host) != nil else { return nil }
      rest = text[text.index(after: bracket)...]
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = String(text[..<colon])
      if host.hasSuffix(".") { host.removeLast() }
      guard !host.isEmpty, host.utf8.allSatisfy(isNameByte) else { return nil }
      rest = text[colon...]
    }
    guard !rest.isEmpty else { return }
    // `UInt16("+1")` is a number too.
    guard rest.hasPrefix(":"), !rest.hasPrefix(":+"), let port = UInt16(rest.dropFirst())
    else { return nil }
    self.port = port
  }

  /// Reads an `Origin` such as `https://example.com:8443`, the port filled in from the scheme; nil
  /// for `null` and for schemes other than `http` and `https`.
  init?(origin: String) {
    let schemes: [(prefix: String, port: UInt16)] = [("http://", 80), ("https://", 443)]
    guard let scheme = schemes.first(where: { origin.hasPrefix($0.prefix) }) else { return nil }
    self.init(origin.dropFirst(scheme.prefix.count))
    port = port ?? scheme.port
  }

  /// Whether only this machine can be meant.
  var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }

  /// Whether `self`, a configured host, covers `other`: without a port, on every port.
  func covers(_ other: Authority) -> Bool {
    host == other.host && (port == nil || port == other.port)
  }
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
  case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
  default: false
  }
}
