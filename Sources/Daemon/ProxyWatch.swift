import Config
import HTTP
package import Health
import Metrics
import Record
import Support

/// What watches the proxy: its probes, and the fallbacks that its configuration declares.
package final class ProxyWatch: Sendable {
  private struct State: Sendable {
    var options = ProxyOptions()
    var mode = ProxyOptions.Mode.off
    var prices: PriceBook?
    var client: HTTPClient?
    var probe: ProxyProbe?
    var task: Task<Void, Never>?
    var declaration = ProxyDeclaration()
    /// The model list that `plan` was made with.
    var listed: [ProxyView.Deployment] = []
    var plan = FallbackPlan()
    /// Problems of chains that were logged since the last reload.
    var told: Set<String> = []
    var isStopped = false
  }

  private let state = Locked(State())
  private let clock: WallClock
  /// Called one at a time, so that what is known last is told last.
  private let onView: Locked<@Sendable (ProxyView) -> Void>

  /// Watches nothing before `apply`. `onView` is called, on any thread, whenever something new is
  /// known.
  init(clock: WallClock, onView: @escaping @Sendable (ProxyView) -> Void) {
    self.clock = clock
    self.onView = Locked(onView)
  }

  /// What the probes have found, and which routes the file names.
  package var view: ProxyView {
    state.withLock { state in
      var view = state.probe?.view ?? ProxyView()
      view.declaredRoutes = state.declaration.routes
      return view
    }
  }

  /// Begins to watch, or goes on with other options.
  func apply(_ options: ProxyOptions, prices: PriceBook?) {
    let declaration = declaration(options)
    let mode = options.appliedProbe(checksInBackground: declaration.checksInBackground)
    if options.probe == .cached, mode == .basic {
      Log.warn(
        "\(options.config ?? "") does not show background_health_checks: true, so /health would"
          + " bill tokens; probing as with probe: basic")
    }
    let retired: Retired? = state.withLock { state in
      guard !state.isStopped else { return nil }
      state.prices = prices
      state.declaration = declaration
      state.told = []
      let isSame = state.options == options && state.mode == mode
      state.options = options
      state.mode = mode
      return isSame ? nil : begin(&state)
    }
    retired?.end()
    plan()
  }

  /// Asks nothing any more.
  func stop() {
    let retired = state.withLock { state in
      state.isStopped = true
      defer { (state.probe, state.task, state.client) = (nil, nil, nil) }
      return Retired(task: state.task, client: state.client)
    }
    retired.end()
  }

  /// Adds what is known of the proxy and of its fallbacks.
  func collect(unhealthy: Set<String>, into samples: inout CollectedSamples) {
    let (probe, plan) = state.withLock { ($0.probe, $0.plan) }
    probe?.collect(into: &samples)
    plan.collect(plan.endings(isUnhealthy: unhealthy.contains), into: &samples)
  }

  // MARK: - Probing

  private struct Retired {
    var task: Task<Void, Never>?
    var client: HTTPClient?

    /// Ends what is under way; what is left of the task only returns.
    func end() {
      task?.cancel()
      client?.stop()
    }
  }

  /// Starts anew with the options in `state`, and gives what has to be ended.
  private func begin(_ state: inout State) -> Retired {
    let retired = Retired(task: state.task, client: state.client)
    let known = state.probe?.view ?? ProxyView()
    (state.probe, state.task, state.client) = (nil, nil, nil)
    guard state.mode != .off else { return retired }
    var options = ClientOptions()
    options.caFile = state.options.caFile
    guard let client = HTTPClient(options) else {
      Log.error("cannot probe the proxy: no thread or descriptor is left")
      return retired
    }
    let probe = ProxyProbe(
      state.options, mode: state.mode, client: client, clock: clock, previous: known
    ) { [weak self] view in
      self?.take(view)
    }
    state.client = client
    state.probe = probe
    state.task = Task { await probe.run() }
    return retired
  }

  private func take(_ found: ProxyView) {
    if state.withLock({ $0.listed != found.deployments }) { plan() } else { tell() }
  }

  // MARK: - Fallbacks

  private func declaration(_ options: ProxyOptions) -> ProxyDeclaration {
    guard let path = options.config else { return ProxyDeclaration() }
    do throws(LiteLLMFile.Problem) {
      return try LiteLLMFile.read(path)
    } catch {
      Log.warn("the proxy's routes and fallbacks are not known from its file: \(error)")
      return state.withLock { $0.options.config == path ? $0.declaration : ProxyDeclaration() }
    }
  }

  /// Resolves the chains by what is known now, and logs what is newly wrong with them.
  private func plan() {
    let listed = view.deployments
    let (declaration, prices) = state.withLock { ($0.declaration, $0.prices) }
    let plan = FallbackPlan(declaration, listed: listed, prices: prices)
    let news = state.withLock { state in
      state.plan = plan
      state.listed = listed
      let news = plan.findings.map(\.text).filter { !state.told.contains($0) }
      state.told.formUnion(news)
      return news
    }
    for text in news.prefix(Self.mostLines) { Log.warn(text) }
    if news.count > Self.mostLines {
      Log.warn("and \(news.count - Self.mostLines) more problems of fallbacks, see sidelight check")
    }
    tell()
  }

  private func tell() { onView.withLock { $0(view) } }

  /// Of problems at a time.
  private static let mostLines = 20
}
