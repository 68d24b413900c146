import CCurl
import Glibc
import Support

/// One request under way: owner of the library's handle for it and of all that the handle points to.
///
/// Lives on the client's thread only.
final class Transfer {
  let order: TransferOrder
  let handle: UnsafeMutableRawPointer
  private var lines: UnsafeMutablePointer<curl_slist>?
  private let problem: UnsafeMutablePointer<CChar>
  private var received: ReceivedAnswer

  /// Sets the request up; nil without memory.
  init?(_ order: TransferOrder, _ options: ClientOptions) {
    guard let handle = curl_easy_init() else { return nil }
    self.order = order
    self.handle = handle
    received = ReceivedAnswer(order.request.limits)
    problem = .allocate(capacity: Int(CURL_ERROR_SIZE))
    problem.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    let settings = [
      setManners(options), setTimes(order), setReceivers(), setRequest(order.request, options),
    ]
    guard settings.allSatisfy({ $0 }) else { return nil }
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(lines)
    problem.deallocate()
  }

  /// Which order's handle it is.
  static func identity(of handle: UnsafeMutableRawPointer) -> UInt64? {
    var context: UnsafeMutableRawPointer?
    guard curl_get_private(handle, &context) == CURLE_OK, let context else { return nil }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().order.id
  }

  /// What to tell the task, from how the library ended.
  func result(_ code: CURLcode) -> Result<ClientResponse, ClientError> {
    if code == CURLE_OK {
      var status = 0
      curl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
      return .success(received.response(status: status))
    }
    let phase: TransferPhase =
      received.hasBegun ? .answering : connectTime > 0 ? .waiting : .connecting
    var systemError = 0
    curl_get_number(handle, CURLINFO_OS_ERRNO, &systemError)
    let failure = TransferFailure(
      code: code, phase: phase, limits: order.request.limits, exceeded: received.exceeded,
      systemError: Int32(truncatingIfNeeded: systemError), problem: String(cString: problem))
    return .failure(
      ClientError(failure.kind, failure.reason, origin: order.request.url.origin))
  }

  /// Microseconds until it could send; 0 if it never could.
  private var connectTime: Int64 {
    var time: curl_off_t = 0
    curl_get_size(handle, CURLINFO_PRETRANSFER_TIME_T, &time)
    return Int64(time)
  }

  // MARK: - Settings

  /// What holds for every request, whatever the library's defaults and the environment are.
  private func setManners(_ options: ClientOptions) -> Bool {
    set(CURLOPT_PROTOCOLS_STR, "http,https")
      && set(CURLOPT_FOLLOWLOCATION, 0)
      && set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
      // An empty name overrules the environment's http_proxy and https_proxy.
      && set(CURLOPT_PROXY, "")
      && set(CURLOPT_SSL_VERIFYPEER, 1)
      && set(CURLOPT_SSL_VERIFYHOST, 2)
      && (options.caFile.map { set(CURLOPT_CAINFO, $0) && set(CURLOPT_CAPATH, nil) } ?? true)
      && set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
      && set(CURLOPT_NOSIGNAL, 1)
      // Or a name server that hangs would hold the thread at the transfer's end.
      && set(CURLOPT_QUICK_EXIT, 1)
      && set(CURLOPT_TCP_KEEPALIVE, 1)
      && set(CURLOPT_USERAGENT, options.userAgent)
  }

  private func setTimes(_ order: TransferOrder) -> Bool {
    let left = order.deadline - WallClock.monotonic.now()
    // 0 would mean: for ever.
    return set(CURLOPT_TIMEOUT_MS, max(1, Int(left.microseconds / 1000)))
      && set(
        CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(order.request.limits.connect.microseconds / 1000)))
  }

  private func setReceivers() -> Bool {
    let context = Unmanaged.passUnretained(self).toOpaque()
    return curl_set_receiver(handle, CURLOPT_WRITEFUNCTION, receivedBody) == CURLE_OK
      && curl_set_receiver(handle, CURLOPT_HEADERFUNCTION, receivedLine) == CURLE_OK
      && curl_set_pointer(handle, CURLOPT_WRITEDATA, context) == CURLE_OK
      && curl_set_pointer(handle, CURLOPT_HEADERDATA, context) == CURLE_OK
      && curl_set_pointer(handle, CURLOPT_PRIVATE, context) == CURLE_OK
      && curl_set_pointer(handle, CURLOPT_ERRORBUFFER, problem) == CURLE_OK
  }

  private func setRequest(_ request: ClientRequest, _ options: ClientOptions) -> Bool {
    // Without this the library would wait up to a second for a `100 Continue`.
    guard addLine("Expect:") else { return false }
    for field in request.headers.fields {
      // A semicolon is the library's way to say: send it although it is empty.
      guard addLine(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)") else {
        return false
      }
    }
    return set(CURLOPT_URL, request.url.text)
      && curl_set_pointer(handle, CURLOPT_HTTPHEADER, lines) == CURLE_OK
      && setMethod(request)
  }

  private func setMethod(_ request: ClientRequest) -> Bool {
    let mayHaveBody = request.method == .post || request.method == .put
    if mayHaveBody || !request.body.isEmpty {
      let copied = request.body.withUnsafeBytes { bytes in
        curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)) == CURLE_OK
          // The library's copy: it may send it twice, on a connection that turned out dead.
          && curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress) == CURLE_OK
      }
      return copied && set(CURLOPT_POST, 1) && set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
    return request.method == .head
      ? set(CURLOPT_NOBODY, 1) : set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
  }

  private func addLine(_ line: String) -> Bool {
    guard let longer = curl_slist_append(lines, line) else { return false }
    lines = longer
    return true
  }

  private func set(_ option: CURLoption, _ value: Int) -> Bool {
    curl_set_number(handle, option, value) == CURLE_OK
  }

  private func set(_ option: CURLoption, _ value: String?) -> Bool {
    guard let value else { return curl_set_pointer(handle, option, nil) == CURLE_OK }
    return value.withCString { curl_set_pointer(handle, option, $0) == CURLE_OK }
  }

  fileprivate func receive(_ bytes: UnsafeRawBufferPointer, isBody: Bool) -> Int {
    (isBody ? received.take(body: bytes) : received.take(line: bytes)) ? bytes.count : 0
  }
}

/// Both return how much was taken; less than all ends the transfer.
private func receivedBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int { receive(bytes, size * count, context, isBody: true) }

private func receivedLine(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int { receive(bytes, size * count, context, isBody: false) }

private func receive(
  _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
  isBody: Bool
) -> Int {
  guard let context else { return 0 }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    .receive(UnsafeRawBufferPointer(start: bytes, count: count), isBody: isBody)
}
