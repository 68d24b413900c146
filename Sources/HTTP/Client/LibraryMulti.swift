import CCurl
import Support

/// The library's global state.
enum Library {
  /// Whether it could be set up, which happens once.
  static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// Owner of the library's handle that drives many transfers; used by one thread.
struct LibraryMulti: ~Copyable {
  private let handle: OpaquePointer

  /// Keeps up to `connections` open for reuse; nil without memory.
  init?(connections: Int) {
    guard let handle = curl_multi_init().map({ OpaquePointer($0) }) else { return nil }
    self.handle = handle
    curl_set_multi_number(pointer, CURLMOPT_MAXCONNECTS, connections)
    // One request per connection: a server that hangs on one does not hang others.
    curl_set_multi_number(pointer, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
  }

  deinit { curl_multi_cleanup(UnsafeMutableRawPointer(handle)) }

  private var pointer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

  func add(_ transfer: Transfer) -> Bool {
    curl_multi_add_handle(pointer, transfer.handle) == CURLM_OK
  }

  /// Takes a transfer off; its connection is closed unless the answer was complete.
  func remove(_ transfer: Transfer) {
    curl_multi_remove_handle(pointer, transfer.handle)
  }

  /// Does what can be done without waiting.
  func perform() {
    var running: Int32 = 0
    curl_multi_perform(pointer, &running)
  }

  /// The next transfer that has ended, by its order's identity, and how.
  func nextFinished() -> (id: UInt64, code: CURLcode)? {
    var rest: Int32 = 0
    while let message = curl_multi_info_read(pointer, &rest) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let id = Transfer.identity(of: easy)
      else { continue }
      return (id, message.pointee.data.result)
    }
    return nil
  }

  /// Sleeps until a connection, the library's clock or `wakeup` has something to do.
  func wait(_ wakeup: Wakeup, _ milliseconds: Int32) {
    var extra = curl_waitfd(fd: wakeup.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
    curl_multi_poll(pointer, &extra, 1, milliseconds, nil)
  }
}
