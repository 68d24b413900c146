/// An answer as it comes in, within the request's limits.
struct ReceivedAnswer {
  private let limits: ClientLimits
  private var headers: HTTPHeaders = [:]
  private var headerBytes = 0
  private var headerLines = 0
  private var body: [UInt8] = []
  /// Which limit the server went over, in words.
  private(set) var exceeded: String?

  init(_ limits: ClientLimits) { self.limits = limits }

  /// Whether any line has come.
  var hasBegun: Bool { headerLines > 0 }

  func response(status: Int) -> ClientResponse {
    ClientResponse(status: status, headers: headers, body: body)
  }

  /// Takes a header line, status lines and the empty last one included; false beyond a limit.
  mutating func take(line bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    headerLines += 1
    guard headerBytes <= limits.headerBytes, headerLines <= limits.headerLines else {
      exceeded =
        "its header has more than \(limits.headerBytes) bytes or \(limits.headerLines) lines"
      return false
    }
    // What came before was an interim answer's.
    if bytes.starts(with: "HTTP/".utf8) {
      headers = [:]
    } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
      headers.append(text(bytes[..<colon]), text(bytes[(colon + 1)...]))
    }
    return true
  }

  /// Takes a piece of the body; false beyond the limit.
  mutating func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= limits.body else {
      exceeded = "its answer has more than \(limits.body) bytes"
      return false
    }
    body += bytes
    return true
  }

  /// Without the white space around it.
  private func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
    var bytes = bytes.drop(while: isSpace)
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
