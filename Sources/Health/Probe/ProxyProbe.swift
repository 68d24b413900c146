package import HTTP
package import Metrics
package import Support

/// Asks the proxy how it is, at a measured pace, and keeps what it answered.
package final class ProxyProbe: Sendable {
  private let options: ProxyOptions
  private let mode: ProxyOptions.Mode
  private let client: HTTPClient
  private let clock: WallClock
  private let state: Locked<ProbeState>
  private let gate = Locked(LogGate())
  private let onChange: @Sendable (ProxyView) -> Void
  private static let timer = WallClock.monotonic

  /// Nothing is asked before `run`. `previous` is what an earlier one had found; `onChange` is
  /// called, on any thread, with what an answer has changed.
  package init(
    _ options: ProxyOptions, mode: ProxyOptions.Mode, client: HTTPClient, clock: WallClock,
    previous: ProxyView = ProxyView(), onChange: @escaping @Sendable (ProxyView) -> Void = { _ in }
  ) {
    self.options = options
    self.mode = mode
    self.client = client
    self.clock = clock
    self.onChange = onChange
    let schedule = ProbeSchedule(options, mode: mode, now: Self.timer.now())
    state = Locked(ProbeState(previous, schedule))
  }

  /// What is known now.
  package var view: ProxyView { state.withLock { $0.view } }

  /// Asks until the task is cancelled, which ends what is under way too.
  package func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for probe in state.withLock({ $0.begin(Self.timer.now()) }) {
          group.addTask { await self.ask(probe) }
        }
        await rest()
      }
      group.cancelAll()
    }
  }

  /// Asks each question once, for `sidelight check`, and tells why some have no answer.
  package func askOnce() async -> [String] {
    for _ in 0..<2 {
      await withDiscardingTaskGroup { group in
        for probe in state.withLock({ $0.begin(Self.timer.now()) }) {
          group.addTask { await self.ask(probe, isQuiet: true) }
        }
      }
    }
    let problems = state.withLock { $0.problems }
    return Probe.allCases.compactMap { probe in problems[probe].map { "\(probe.path) \($0)" } }
  }

  /// Adds the families that tell of the proxy.
  package func collect(into samples: inout CollectedSamples) {
    let (view, durations) = state.withLock { ($0.view, $0.durations) }
    if let isUp = view.isUp { samples.add(.proxyUp, isUp ? 1 : 0) }
    if let version = view.version { samples.add(.proxyInfo, labels: [version], 1) }
    for probe in Probe.allCases {
      guard let took = durations[probe] else { continue }
      samples.add(.proxyProbeDuration, labels: [probe.rawValue], took.seconds)
    }
  }

  private func ask(_ probe: Probe, isQuiet: Bool = false) async {
    let begun = Self.timer.now()
    let outcome = await answer(probe)
    // A stop is no failure of the proxy.
    if Task.isCancelled { return }
    let now = Self.timer.now()
    let time = clock.now()
    let (news, old, new) = state.withLock { state in
      let old = state.view
      let news = state.end(probe, outcome, took: now - begun, now: now, time: time)
      return (news, old, state.view)
    }
    if !isQuiet { for item in news { tell(item) } }
    if new != old { onChange(new) }
  }

  private func answer(_ probe: Probe) async -> ProbeState.Outcome {
    guard let base = options.url else { return .failure(.init("has no address")) }
    do throws(ClientError) {
      var request = ClientRequest(try base.appending(probe.path))
      request.limits = probe.limits(options, mode)
      request.headers["Accept"] = "application/json"
      if let key = options.apiKey { request.headers["Authorization"] = "Bearer \(key)" }
      let response = try await client.send(request)
      return Result { () throws(ProbeAnswer.Problem) in try ProbeAnswer(probe, response) }
    } catch {
      return .failure(ProbeAnswer.Problem("is not answered: \(error.reason)"))
    }
  }

  /// Until something is due; while answers are awaited, which may make something due, a second.
  private func rest() async {
    let now = Self.timer.now()
    let (next, isWaiting) = state.withLock { ($0.schedule.next, $0.schedule.isWaiting) }
    var span = next.map { $0 - now } ?? .seconds(60)
    if isWaiting { span = min(span, .milliseconds(250)) }
    // It throws when cancelled, which the loop sees.
    try? await Task.sleep(for: .microseconds(max(1000, span.microseconds)))
  }

  private func tell(_ news: ProbeState.News) {
    let origin = options.url?.origin ?? ""
    let name = "the proxy at \(origin)"
    switch news {
    case .up(let version):
      Log.info("\(name) is up\(version.map { ", LiteLLM \($0)" } ?? "")")
    case .down(let why): warn("down", "\(name) is down: \(why)")
    case .refused(let probe, let why): warn(probe.rawValue, "\(name): \(probe.path) \(why)")
    case .answered(let probe): Log.info("\(name) answers \(probe.path) again")
    }
  }

  private func warn(_ kind: String, _ message: String) {
    guard gate.withLock({ $0.pass(kind, now: Self.timer.now()) }) != nil else { return }
    Log.warn(message)
  }
}
