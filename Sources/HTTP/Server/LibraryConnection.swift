import CMicroHTTPD
import Glibc

/// libmicrohttpd's handle of a connection, valid for the length of one callback.
struct LibraryConnection {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { self.handle = handle }

  /// A connection that sleeps, whose handle therefore outlives the callback.
  init?(address: UInt) {
    guard let handle = OpaquePointer(bitPattern: address) else { return nil }
    self.handle = handle
  }

  var address: UInt { UInt(bitPattern: handle) }

  /// Has the library leave the connection alone from the end of this callback on.
  func suspend() { MHD_suspend_connection(handle) }

  /// Has it call back for the connection again; from any thread.
  func resume() { MHD_resume_connection(handle) }

  /// The socket's descriptor, open until the library has announced that it closes it.
  var socket: Int32 { microhttpd_socket(handle) }

  /// The client's address.
  var remote: IPAddress? { microhttpd_client(handle).flatMap { IPAddress($0) } }

  /// GnuTLS' session; nil without TLS.
  var session: UnsafeMutableRawPointer? { microhttpd_tls_session(handle) }

  /// Whether no client could come this far without a verified certificate.
  var verifiesEveryClient: Bool {
    microhttpd_context(handle).map { tlsContext($0).verifiesEveryClient } ?? false
  }

  /// The request's header lines; bytes that are not UTF-8 become U+FFFD.
  var headers: HTTPHeaders {
    var headers = HTTPHeaders()
    withUnsafeMutablePointer(to: &headers) { headers in
      _ = MHD_get_connection_values(
        handle, .HEADER_KIND,
        { context, _, name, value in
          guard let name else { return .YES }
          context?.assumingMemoryBound(to: HTTPHeaders.self).pointee.append(
            String(cString: name), value.map { String(cString: $0) } ?? "")
          return .YES
        }, headers)
    }
    return headers
  }

  /// Hands the answer to the library, which omits the body for HEAD; false if it has no memory.
  func send(_ response: HTTPResponse) -> Bool {
    let made = response.file.map(makeAnswer) ?? makeAnswer(response.body)
    guard let answer = made else { return false }
    defer { MHD_destroy_response(answer) }
    for field in response.headers.fields {
      MHD_add_response_header(answer, field.name, field.value)
    }
    return MHD_queue_response(handle, UInt32(clamping: response.status), answer) == .YES
  }
}

/// What a connection's context, once set, points to.
func tlsContext(_ context: UnsafeMutableRawPointer) -> TLSContext {
  Unmanaged<TLSContext>.fromOpaque(context).takeUnretainedValue()
}

/// Up to this size header and body leave in one packet train, worth a copy.
private let copiedSize = 32 << 10

/// A response around `body`: copied if small, else held and copied piece by piece as it is sent, so
/// that many readers of one large page share it.
private func makeAnswer(_ body: [UInt8]) -> OpaquePointer? {
  if body.count <= copiedSize {
    return body.withUnsafeBytes {
      MHD_create_response_from_buffer(
        $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
    }
  }
  let held = Unmanaged.passRetained(HeldBody(body))
  let answer = MHD_create_response_from_callback(
    UInt64(body.count), copiedSize,
    { context, position, target, room in
      guard let context, let target else { return -1 }
      return Unmanaged<HeldBody>.fromOpaque(context).takeUnretainedValue()
        .copy(from: Int(position), to: target, room: room)
    }, held.toOpaque(),
    { context in
      if let context { Unmanaged<HeldBody>.fromOpaque(context).release() }
    })
  if answer == nil { held.release() }
  return answer
}

/// A response with what is in a file; the library closes the descriptor.
private func makeAnswer(_ file: BodyFile) -> OpaquePointer? {
  let descriptor = file.duplicate()
  guard descriptor >= 0 else { return nil }
  let answer = MHD_create_response_from_fd64(file.size, descriptor)
  if answer == nil { close(descriptor) }
  return answer
}

/// A body that the library reads from until the answer is sent.
private final class HeldBody: Sendable {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Copies at most `room` bytes and returns how many.
  func copy(from position: Int, to target: UnsafeMutablePointer<CChar>, room: Int) -> Int {
    let count = min(room, bytes.count - position)
    guard count > 0 else { return -1 }
    bytes.withUnsafeBytes {
      UnsafeMutableRawPointer(target).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]).baseAddress
          ?? UnsafeRawPointer(target), byteCount: count)
    }
    return count
  }
}
