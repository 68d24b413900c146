import Glibc
import HTTP
import Support

/// `listen:`, which the options of the web server hold in two parts.
struct ListenAddress: Equatable, Sendable {
  /// An IPv4 or IPv6 address.
  var address: String
  var port: UInt16

  /// Reads `127.0.0.1:4010`, `[::1]:4010`, or `4010` and `:4010` for loopback.
  init?(_ text: String) throws(Complaint) {
    let colon = text.lastIndex(of: ":")
    let number = colon.map { text[$0...].dropFirst() } ?? text[...]
    var host = colon.map { String(text[..<$0]) } ?? ""
    let digits = !number.isEmpty && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard digits, number == "0" || number.first != "0" else { return nil }
    guard let port = UInt16(number) else { throw Complaint("port \(number) is over 65535") }
    let bracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
    if bracketed { host = String(host.dropFirst().dropLast()) }
    if host.isEmpty { host = WebOptions().address }
    guard Self.isAddress(host, bracketed ? AF_INET6 : AF_INET) else {
      if !bracketed, host.contains(":") { return nil }
      throw Complaint(
        "\(host.quoted) is not an address to listen on, names are not looked up"
          + " (127.0.0.1 for this machine, 0.0.0.0 or [::] for all networks)")
    }
    address = host
    self.port = port
  }

  init(address: String, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Reads back as what it is.
  var text: String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }

  private static func isAddress(_ text: String, _ family: Int32) -> Bool {
    var bytes = in6_addr()
    return inet_pton(family, text, &bytes) == 1
  }

  static let kind = Kind<ListenAddress>.scalar(
    "address", expected: "an address and a port such as 127.0.0.1:4010 or [::1]:4010",
    show: { .text($0.text) },
    parse: { text, _ throws(Complaint) in try ListenAddress(text) })
}

extension WebOptions {
  var listen: ListenAddress {
    get { ListenAddress(address: address, port: port) }
    set { (address, port) = (newValue.address, newValue.port) }
  }

  static let section = Section(
    blank: WebOptions(),
    keys: [
      Key(
        secret: "token", .bearerToken, \.token,
        "The bearer token that opens everything; without it, only loopback is answered in full."),
      Key(
        "open", .list(openPath, expected: "a list such as [/metrics]"), \.open,
        "Paths that need no token."),
      Key(
        "hosts", .list(host, expected: "a list such as [sidelight.example.org]"), \.hosts,
        "Values of the `Host` header answered without a token, besides loopback ones."),
      Key(
        optional: "config_file", .path("file", expected: "a file such as web.yml"), \.configFile,
        "TLS, users and headers, in the format of Prometheus' exporter-toolkit; read again when it"
          + " changes."),
    ],
    complete: { options, mapping, decoder in
      guard mapping["config_file"] != nil, let path = options.configFile else { return }
      options.access = WebFile.read(path, &decoder)
    })

  private static let openPath = Kind<String>.scalar(
    "path", expected: "a path such as /metrics", show: { .text($0) }
  ) { text, _ throws(Complaint) in
    guard text.hasPrefix("/") else { return nil }
    let allowed = text.utf8.allSatisfy {
      (0x21...0x7E).contains($0) && !"?#*\\".utf8.contains($0)
    }
    guard allowed else {
      throw Complaint("\(text.quoted) is not a whole path, patterns and queries are not known here")
    }
    return text
  }

  private static let host = Kind<String>.scalar(
    "host", expected: "a host such as sidelight.example.org, without scheme or path",
    show: { .text($0) }
  ) { text, _ in
    let text = text.lowercased()
    let allowed = text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "-._:[]".utf8.contains($0)
      }
    }
    return allowed && !text.isEmpty && text.utf8.count <= 255 ? text : nil
  }
}
