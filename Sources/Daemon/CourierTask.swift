import Dispatch
import Notify
import Support

/// Runs a courier on the threads of Swift's concurrency, from its making to `stop`.
final class CourierTask: Sendable {
  private let courier: Courier
  private let task: Task<Void, Never>
  private let done = DispatchSemaphore(value: 0)

  init(_ courier: Courier) {
    self.courier = courier
    let done = done
    task = Task.detached {
      await courier.run()
      done.signal()
    }
  }

  /// Begins no further attempt, and waits for those under way; after `limit` they are cut off.
  func stop(within limit: TimeSpan) {
    courier.stop()
    let deadline = DispatchTime.now() + .microseconds(Int(limit.microseconds))
    guard done.wait(timeout: deadline) == .timedOut else { return }
    task.cancel()
    // A cancelled request ends at once.
    _ = done.wait(timeout: .now() + 1)
  }
}
