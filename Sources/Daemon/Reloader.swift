import Config
import HTTP
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
    /// The same for `web.config_file`, which is also read by itself.
    var accessSucceeded = true
    var lastSuccess: Timestamp
  }

  private let state: Locked<State>
  /// Held by one reload at a time.
  private let turn = Locked(())
  private let clock: WallClock
  private let load: @Sendable () throws(ConfigError) -> Configuration
  private let tell: @Sendable (LedgerEvent) -> Void
  private let apply: @Sendable (Configuration, PipelineSettings) -> String?
  private let allow: @Sendable (WebOptions) -> Void

  /// Bytes of a message that an event keeps.
  private static let longestMessage = 2000

  /// `tell` keeps what happened for people to look up; `apply` hands the settings to those who use
  /// them and waits for it: nil, or why not; `allow` hands on what `web.config_file` says.
  init(
    current: Configuration, clock: WallClock,
    load: @escaping @Sendable () throws(ConfigError) -> Configuration,
    tell: @escaping @Sendable (LedgerEvent) -> Void = { _ in },
    apply: @escaping @Sendable (Configuration, PipelineSettings) -> String?,
    allow: @escaping @Sendable (WebOptions) -> Void = { _ in }
  ) {
    state = Locked(State(current: current, lastSuccess: clock.now()))
    self.clock = clock
    self.load = load
    self.tell = tell
    self.apply = apply
    self.allow = allow
  }

  /// The configuration in force.
  var current: Configuration { state.withLock { $0.current } }

  /// Loads and applies; the message says what happened.
  func reload() -> Result<String, Refusal> { turn.withLock { _ in reloadAlone() } }

  /// Reads `web.config_file` anew, and leaves all else as it is.
  func reloadAccess() -> Result<String, Refusal> {
    turn.withLock { _ in
      let old = current
      guard let path = old.web.configFile else { return .success("") }
      do throws(ConfigError) {
        var new = old
        new.web.access = try WebFile.load(path)
        let kept = new.restartNeeded(from: old)
        new.keepWhatNeedsRestart(of: old)
        allow(new.web)
        let (applied, now) = (new, clock.now())
        state.withLock {
          $0.current = applied
          $0.accessSucceeded = true
          if $0.succeeded { $0.lastSuccess = now }
        }
        let rest = kept.isEmpty ? "" : "; restart to change \(kept.joined(separator: ", "))"
        tell(event("applied", "\(path)\(rest)"))
        return .success("\(path) reloaded\(rest)")
      } catch {
        let isNews = state.withLock { state in
          defer { state.accessSucceeded = false }
          return state.accessSucceeded
        }
        if isNews { tell(event("refused", "\(error)")) }
        return .failure(Refusal(message: "\(path) not reloaded, the old one holds: \(error)"))
      }
    }
  }

  private func reloadAlone() -> Result<String, Refusal> {
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
    samples.add(.reloadSuccessful, state.succeeded && state.accessSucceeded ? 1 : 0)
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
    if (web.access.tls == nil) != (old.web.access.tls == nil) {
      web.access.tls = old.web.access.tls
    }
    ledger = old.ledger
  }
}
