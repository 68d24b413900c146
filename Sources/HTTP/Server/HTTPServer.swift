import Glibc
package import Support

/// A small HTTP/1.1 server: routes, access rules, and limits on all a client can take.
///
/// Handlers run on the library's two threads and hold one up while they run: they read what is
/// ready and do not wait. What takes longer is answered later, while its connection sleeps.
package final class HTTPServer: Sendable {
  /// The port it listens on, also if the system chose it.
  package let port: UInt16
  private let core: ServerCore
  private let daemon: LibraryDaemon
  private let sweeper: Ticker

  /// Binds and starts to answer.
  ///
  /// - Parameters:
  ///   - options: Where to listen and whom to answer.
  ///   - router: The handlers.
  ///   - limits: By default those that fit the address.
  ///   - clock: Measures deadlines; one that nobody sets.
  /// - Throws: What keeps it from listening, in words for the user.
  package init(
    options: WebOptions, router: Router, limits: HTTPLimits? = nil, clock: WallClock = .monotonic
  ) throws(HTTPServerError) {
    guard let address = IPAddress(options.address) else { throw .badAddress(options.address) }
    let listener = try ListeningSocket.open(address, port: options.port)
    port = listener.port
    let limits = limits ?? HTTPLimits(onLoopback: address.isLoopback)
    let core = ServerCore(
      dispatcher: Dispatcher(router: router, limits: limits), options: options, clock: clock)
    guard let sweeper = Ticker(every: limits.sweep, { core.sweep() }),
      let daemon = LibraryDaemon(listener, core: core)
    else {
      throw .system(
        address.description(port: port), what: "starting threads",
        why: "out of memory, threads or file descriptors")
    }
    self.core = core
    self.daemon = daemon
    self.sweeper = sweeper
  }

  deinit { stop(within: .seconds(0)) }

  /// Answers from now on whom `options` allow, new connections under another certificate; the
  /// address stays what it was, and so does whether TLS is spoken.
  package func allow(_ options: WebOptions) { core.allow(options) }

  /// Turns new requests away, gives running ones until `grace` is over, then closes everything.
  ///
  /// Blocks; a handler that is still running then is waited for. Stopping again does nothing.
  package func stop(within grace: TimeSpan = .seconds(5)) {
    core.beginClosing()
    let deadline = core.clock.now() + grace
    while core.busy > 0, core.clock.now() < deadline { usleep(2000) }
    core.closeDeferred()
    let last = core.clock.now() + .milliseconds(100)
    while core.busy > 0, core.clock.now() < last { usleep(2000) }
    daemon.stop()
    sweeper.stop()
  }
}
