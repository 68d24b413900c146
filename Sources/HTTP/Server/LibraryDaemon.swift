import CGnuTLS
import CMicroHTTPD
import Glibc
import Support

/// libmicrohttpd's server with its two threads.
final class LibraryDaemon: Sendable {
  /// Nil once stopped.
  private let handle: Locked<OpaquePointer?>

  /// Starts two threads that accept from `listener` and call into `core`, which the caller keeps
  /// alive until `stop` has returned; nil if the library cannot start them.
  init?(_ listener: consuming ListeningSocket, core: ServerCore) {
    let limits = core.dispatcher.limits
    let context = Unmanaged.passUnretained(core).toOpaque()
    var options = [
      option(.LISTEN_SOCKET, Int(listener.release())),
      option(.THREAD_POOL_SIZE, 2),
      option(.CONNECTION_LIMIT, Int(limits.connections)),
      option(.PER_IP_CONNECTION_LIMIT, Int(limits.connectionsPerAddress)),
      option(.CONNECTION_MEMORY_LIMIT, limits.connectionMemory),
    ]
    options += callbacks(context)
    if core.tls != nil { options.append(noCertificate) }
    options.append(option(.END, 0))
    // Not epoll, which it drives edge-triggered and so misses the end of a connection that comes
    // right after data (0.9.75): the dead connection would count until its deadline.
    var flags = MHD_USE_POLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
    if core.tls != nil { flags |= MHD_USE_TLS.rawValue }
    let started: OpaquePointer? = options.withUnsafeMutableBufferPointer { options in
      guard let base = options.baseAddress else { return nil }
      return withVaList([MHD_OPTION.ARRAY.rawValue, base, MHD_OPTION.END.rawValue]) {
        MHD_start_daemon_va(flags, 0, mayConnect, context, called, context, $0)
      }
    }
    guard let started else { return nil }
    handle = Locked(started)
  }

  /// Closes every connection and waits for handlers that are running; once is enough.
  func stop() {
    handle.withLock { handle in
      MHD_stop_daemon(handle)
      handle = nil
    }
  }
}

private typealias Context = UnsafeMutableRawPointer

private func option(_ name: MHD_OPTION, _ value: Int, _ pointer: Context? = nil) -> MHD_OptionItem {
  MHD_OptionItem(option: name, value: value, ptr_value: pointer)
}

/// The library takes a callback as an integer beside its context.
private func callbacks(_ context: Context) -> [MHD_OptionItem] {
  typealias LineReceived =
    @convention(c) (Context?, UnsafePointer<CChar>?, OpaquePointer?) -> Context?
  typealias KeepEscapes =
    @convention(c) (Context?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int
  let keepEscapes: KeepEscapes = keepEscapes
  let lineReceived: LineReceived = lineReceived
  let requestEnded: MHD_RequestCompletedCallback = requestEnded
  let connectionChanged: MHD_NotifyConnectionCallback = connectionChanged
  return [
    option(.UNESCAPE_CALLBACK, unsafeBitCast(keepEscapes, to: Int.self)),
    option(.URI_LOG_CALLBACK, unsafeBitCast(lineReceived, to: Int.self), context),
    option(.NOTIFY_COMPLETED, unsafeBitCast(requestEnded, to: Int.self), context),
    option(.NOTIFY_CONNECTION, unsafeBitCast(connectionChanged, to: Int.self), context),
  ]
}

/// The library wants a certificate at its start. Every session gets its own before its handshake;
/// one that did not fails, for lack of any.
private var noCertificate: MHD_OptionItem {
  // The session, authorities and algorithms with their counts; where certificates and key would go.
  typealias Retrieve =
    @convention(c) (
      Context?, Context?, Int32, Context?, Int32, Context?, Context?, Context?
    ) -> Int32
  let none: Retrieve = { _, _, _, _, _, _, _, _ in -1 }
  return option(.HTTPS_CERT_CALLBACK, 0, unsafeBitCast(none, to: Context.self))
}

private func core(_ context: Context?) -> ServerCore? {
  context.map { Unmanaged<ServerCore>.fromOpaque($0).takeUnretainedValue() }
}

private func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
  Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
}

/// Lets escapes be, for the library would cut the path at a `%00`; the target is decoded here.
private func keepEscapes(_: Context?, _: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?)
  -> Int
{
  text.map { strlen($0) } ?? 0
}

private func mayConnect(_ context: Context?, _: UnsafePointer<sockaddr>?, _: socklen_t)
  -> MHD_Result
{
  core(context)?.isAccepting == true ? .YES : .NO
}

private func connectionChanged(
  _ context: Context?, _ connection: OpaquePointer?,
  _ own: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
  guard let core = core(context), let connection else { return }
  let client = LibraryConnection(connection)
  switch change {
  case .CONNECTION_NOTIFY_STARTED:
    core.opened(client.socket)
    if let session = client.session, let tls = core.tls, begin(session, tls) {
      own?.pointee = Unmanaged.passRetained(tls).toOpaque()
    }
  case .CONNECTION_NOTIFY_CLOSED:
    // Comes before the library closes the socket, and after it has closed the session.
    core.closed(client.socket)
    if let tls = own?.pointee {
      Unmanaged<TLSContext>.fromOpaque(tls).release()
      own?.pointee = nil
    }
  }
}

/// Has a session that has not begun its handshake speak by `tls`, and asks it about the client's
/// certificate; false if the session cannot, which then fails for want of a certificate.
private func begin(_ session: Context, _ tls: TLSContext) -> Bool {
  guard tls.govern(session) else { return false }
  gnutls_session_set_verify_function(OpaquePointer(session)) { session in
    // The library keeps its connection with the session.
    guard let session, let connection = gnutls_session_get_ptr(session).map(OpaquePointer.init),
      let context = microhttpd_context(connection),
      tlsContext(context).admitsPeer(of: Context(session))
    else { return GNUTLS_E_CERTIFICATE_ERROR }
    return 0
  }
  return true
}

/// What it returns is what `called` and `requestEnded` get: a retained `Exchange`.
private func lineReceived(
  _ context: Context?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> Context? {
  guard let core = core(context), let connection, let target else { return nil }
  core.enter(.head, LibraryConnection(connection).socket)
  return Unmanaged.passRetained(Exchange(target: bytes(target))).toOpaque()
}

private func requestEnded(
  _ context: Context?, _ connection: OpaquePointer?,
  _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _: MHD_RequestTerminationCode
) {
  if let exchange = request?.pointee {
    Unmanaged<Exchange>.fromOpaque(exchange).release()
    request?.pointee = nil
  }
  guard let core = core(context), let connection else { return }
  core.enter(.idle, LibraryConnection(connection).socket)
}

private func called(
  _ context: Context?, _ connection: OpaquePointer?, _: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ data: UnsafePointer<CChar>?,
  _ size: UnsafeMutablePointer<Int>?, _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let core = core(context), let connection, let method, let version, let size,
    let exchange = request?.pointee
  else { return .NO }
  let piece = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : size.pointee)
  size.pointee = 0
  let client = LibraryConnection(connection)
  let step = Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue().advance(
    core, client, method: String(cString: method), version: String(cString: version), piece: piece)
  switch step {
  case .readOn: return .YES
  case .hangUp: return .NO
  case .answer(let response):
    return client.send(core.complete(core.reserve(response, client.socket))) ? .YES : .NO
  }
}
