import Glibc

/// A thread with a name, for work that blocks or must own what it touches.
///
/// `@unchecked Sendable`: `handle` is set before `start` returns and only read by `join`.
package final class WorkerThread: @unchecked Sendable {
  private let name: String
  private let body: @Sendable () -> Void
  private var handle = pthread_t()

  private init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }

  /// Runs `body` on a new thread, whose name the system shows (15 characters); nil if there is no
  /// room for another.
  package static func start(
    name: String, _ body: @escaping @Sendable () -> Void
  ) -> WorkerThread? {
    let thread = WorkerThread(name: name, body: body)
    // The new thread holds its own reference until the body has run.
    let context = Unmanaged.passRetained(thread)
    let status = pthread_create(
      &thread.handle, nil,
      { context in
        guard let context else { return nil }
        let thread = Unmanaged<WorkerThread>.fromOpaque(context).takeRetainedValue()
        thread.showName()
        thread.body()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      return nil
    }
    return thread
  }

  private func showName() {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, name, name.utf8.count)
    close(descriptor)
  }

  /// Waits until the body has run; to be called once.
  package func join() { pthread_join(handle, nil) }
}
