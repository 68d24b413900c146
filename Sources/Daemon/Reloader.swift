import Config
import Ledger
import Metrics
import Support

/// Swaps a changed configuration in as a whole, or keeps the old one and says why.
final class Reloader: Sendable {
  struct Refusal: Error {
    var message: String
  }

  private struct State: Sendable {
    var current: Configuration
    var succeeded = true
    var lastSuccess: Timestamp
  }

  private let state: Locked<State>
  private let clock: WallClock
  private let load: @Sendable () throws(ConfigError) -> Configuration
  private let tell: @Sendable (LedgerEvent) -> Void
  private let apply: @Sendable (Configuration, PipelineSettings) -> String?

  /// Bytes of a message that an event keeps.
  private static let longestMessage = 2000

  /// `tell` keeps what happened for people to look up; `apply` hands the settings to those who use them and waits for it: nil, or why not.
  init(
    current: Configuration, clock: WallClock,
    load: @escaping @Sendable () throws(ConfigError) -> Configuration,
    tell: @escaping @Sendable (LedgerEvent) -> Void = { _ in },
    apply: @escaping @Sendable (Configuration, PipelineSettings) -> String?
  ) {
    state = Locked(State(current: current, lastSuccess: clock.now()))
    self.clock = clock
    self.load = load
    self.tell = tell
    self.apply = apply
  }

  /// The configuration in force.
  var current: Configuration { state.withLock { $0.current } }

  /// Loads and applies; the message says what happened.
  func reload() -> Result<String, Refusal> {
    let old = current
    do {
      var new = try load()
      let kept = new.restartNeeded(from: old)
      // What needs a restart stays in force as it was, so that the next reload says so again.
      new.keepWhatNeedsRestart(of: old)
      if let problem = apply(new, try PipelineSettings(new)) { return refuse(problem) }
      let (applied, now) = (new, clock.now())
      state.withLock { $0 = State(current: applied, lastSuccess: now) }
      let rest = kept.isEmpty ? "" : "restart to change \(kept.joined(separator: ", "))"
      tell(event("applied", rest))
      return .success("configuration reloaded\(rest.isEmpty ? "" : "; ")\(rest)")
    } catch {
      return refuse("\(error)")
    }
  }

  func collect(into samples: inout CollectedSamples) {
    let state = state.withLock { $0 }
    samples.add(.reloadSuccessful, state.succeeded ? 1 : 0)
    samples.add(.reloadTime, state.lastSuccess.seconds)
  }

  private func refuse(_ problem: String) -> Result<String, Refusal> {
    state.withLock { $0.succeeded = false }
    tell(event("refused", problem))
    return .failure(Refusal(message: "configuration not reloaded: \(problem)"))
  }

  private func event(_ result: String, _ message: String) -> LedgerEvent {
    LedgerEvent(
      time: clock.now(), kind: .reload, subject: current.instance,
      detail: .object([
        "result": .text(result), "message": .text(String(message.prefix(Self.longestMessage))),
      ]))
  }
}

extension Configuration {
  fileprivate mutating func keepWhatNeedsRestart(of old: Configuration) {
    (web.address, web.port) = (old.web.address, old.web.port)
    ledger = old.ledger
  }
}
