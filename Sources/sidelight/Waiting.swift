import Dispatch
import Support

/// Waits for what `body` does on the threads of Swift's concurrency; nil is what nobody returns.
///
/// For the main thread, which is not one of those that tasks run on.
func waitFor<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value? {
  let result = Locked<Value?>(nil)
  let done = DispatchSemaphore(value: 0)
  Task.detached {
    let value = await body()
    result.withLock { $0 = value }
    done.signal()
  }
  done.wait()
  return result.withLock { $0 }
}
