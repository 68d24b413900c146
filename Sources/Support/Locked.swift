import Glibc

/// A value that only one thread at a time may touch.
///
/// Built on `pthread_mutex_t`, not on `Synchronization.Mutex`: the thread sanitizer does not see the
/// latter's futex and reports races that are none.
///
/// `@unchecked Sendable`: `value` is reached only between lock and unlock of `mutex`, and the
/// mutex itself lives at a stable address for as long as the object does.
package final class Locked<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  /// Wraps `value`, which the caller gives up.
  package init(_ value: sending Value) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    self.value = value
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` with exclusive access; what it returns or throws is passed on.
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
