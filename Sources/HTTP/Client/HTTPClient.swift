import Support

/// How a client connects, for all its requests.
package struct ClientOptions: Sendable, Equatable {
  /// Certificates to trust instead of the system's, a PEM file.
  package var caFile: String?
  /// Requests under way at one time; further ones wait.
  package var concurrent = 64
  /// Requests under way or waiting; further ones fail as `busy`.
  package var capacity = 1024
  /// What servers see.
  package var userAgent = "sidelight"

  /// The defaults.
  package init() {}
}

/// Calls `http` and `https` servers, on a thread of its own that keeps connections open for reuse.
///
/// It follows no redirect, keeps no cookie, reads no `.netrc`, heeds no proxy of the environment, and
/// verifies every certificate: what a request does is in the request alone. Everything is bounded by
/// `ClientLimits` and `ClientOptions`.
package final class HTTPClient: Sendable {
  private let queue: TransferQueue
  private let thread: WorkerThread
  private let isJoined = Locked(false)

  /// Starts the thread; nil if the process has no room for it.
  package init?(_ options: ClientOptions = ClientOptions()) {
    guard Library.isReady, let wakeup = Wakeup() else { return nil }
    let queue = TransferQueue(capacity: options.capacity, wakeup: wakeup)
    let started = WorkerThread.start(name: "http-client") {
      TransferLoop.run(queue, options)
    }
    guard let started else { return nil }
    self.queue = queue
    thread = started
  }

  deinit { stop() }

  /// Sends `request` and waits for the whole answer; a cancelled task gets `cancelled` at once.
  package func send(_ request: ClientRequest) async throws(ClientError) -> ClientResponse {
    try request.check()
    let id = queue.newIdentity()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.submit(
          TransferOrder(
            id: id, request: request, deadline: WallClock.monotonic.now() + request.limits.total,
            continuation: continuation))
        // A cancellation from before was one of a request that the queue did not know yet.
        if Task.isCancelled { queue.cancel(id) }
      }
    } onCancel: {
      queue.cancel(id)
    }
    return try result.get()
  }

  /// Fails all that is under way as `stopped` and ends the thread; once is enough.
  package func stop() {
    queue.stop()
    isJoined.withLock { isJoined in
      if !isJoined { thread.join() }
      isJoined = true
    }
  }
}

extension ClientRequest {
  /// Refuses what could smuggle a second header or request into the first.
  fileprivate func check() throws(ClientError) {
    guard method.rawValue.isToken else {
      throw ClientError(.badRequest, "the method is no word", origin: url.origin)
    }
    for field in headers.fields {
      guard field.name.isToken, !field.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 })
      else {
        throw ClientError(
          .badRequest, "a header's name or value has characters that cannot be sent",
          origin: url.origin)
      }
    }
  }
}

extension String {
  /// Whether it is a token (RFC 9110, section 5.6.2).
  fileprivate var isToken: Bool {
    !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
