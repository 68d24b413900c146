import Glibc
import Support

/// A thread of its own that does something at intervals.
///
/// Not a task: deadlines must hold also while others block Swift's few concurrency threads.
final class Ticker: Sendable {
  /// Nil once stopped.
  private let running: Locked<(thread: pthread_t, stop: Int32)?>

  /// Starts the thread; nil if the system has no thread or descriptor to give.
  init?(every interval: TimeSpan, _ body: @escaping @Sendable () -> Void) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let work = Unmanaged.passRetained(
      Work(stopped: ends[0], milliseconds: Int32(clamping: interval.microseconds / 1000), body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    guard status == 0 else {
      work.release()
      close(ends[1])
      return nil
    }
    running = Locked((thread, ends[1]))
  }

  deinit { stop() }

  /// Returns once the thread has ended; once is enough.
  func stop() {
    running.withLock { running in
      guard let (thread, stop) = running.take() else { return }
      close(stop)
      pthread_join(thread, nil)
    }
  }
}

/// What the thread holds.
private final class Work: Sendable {
  /// The reading end of a pipe whose other end closes when the thread is to end.
  private let stopped: Int32
  private let milliseconds: Int32
  private let body: @Sendable () -> Void

  init(stopped: Int32, milliseconds: Int32, _ body: @escaping @Sendable () -> Void) {
    self.stopped = stopped
    self.milliseconds = milliseconds
    self.body = body
  }

  deinit { close(stopped) }

  func run() {
    var end = pollfd(fd: stopped, events: Int16(POLLIN), revents: 0)
    while poll(&end, 1, milliseconds) <= 0 { body() }
  }
}
