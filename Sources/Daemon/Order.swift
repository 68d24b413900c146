import Dispatch
import Support

/// Settings to be applied by another thread, unless who asks for it gives up before it is begun.
final class Order: Sendable {
  private enum State {
    case waiting
    case begun
    case withdrawn
    /// With what kept it from being done.
    case done(String?)
  }

  private let settings: PipelineSettings
  private let state = Locked(State.waiting)
  private let done = DispatchSemaphore(value: 0)

  init(_ settings: PipelineSettings) { self.settings = settings }

  /// Does it, unless it was withdrawn.
  func perform(_ body: (PipelineSettings) -> String?) {
    let isWanted = state.withLock { state in
      guard case .waiting = state else { return false }
      state = .begun
      return true
    }
    guard isWanted else { return }
    let problem = body(settings)
    state.withLock { $0 = .done(problem) }
    done.signal()
  }

  /// Waits for its end, but only so long for its begin; nil, or why it was not done.
  func wait(seconds: Int) -> String? {
    if done.wait(timeout: .now() + .seconds(seconds)) == .timedOut {
      let isWithdrawn = state.withLock { state in
        guard case .waiting = state else { return false }
        state = .withdrawn
        return true
      }
      if isWithdrawn { return "the ledger was busy for \(seconds) s; try again" }
      done.wait()
    }
    guard case .done(let problem) = state.withLock({ $0 }) else { return nil }
    return problem
  }
}
