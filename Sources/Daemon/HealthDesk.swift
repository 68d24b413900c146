import Health
import Ledger
import Record
import Support
import Tally

/// Carries counted attempts and the answers of probes to the watch over providers, and what it
/// finds to those who keep and tell it.
struct HealthDesk {
  private(set) var watch: HealthWatch
  private(set) var scores: ScoreBoard
  private(set) var proxy: ProxyView
  private var hasNewView = false

  /// A log that is read this much late says nothing of now: nobody is judged by it.
  private static let freshFor = TimeSpan.minutes(1)

  /// Goes on from what the ledger keeps; `proxy` is what probes have found so far.
  init(
    _ options: HealthOptions, from ledger: CostLedger, labels: LabelSpace, now: Timestamp,
    proxy: ProxyView
  ) throws(LedgerError) {
    var watch = HealthWatch(options: options)
    watch.restore(try ledger.health(), now: now) { labels.text(Dimension.provider, $0) }
    self.watch = watch
    scores = ScoreBoard(options)
    self.proxy = proxy
    hasNewView = proxy != ProxyView()
  }

  /// Takes over what probes of the proxy have found.
  mutating func see(_ view: ProxyView) {
    // Not the times at which the proxy was found up: they change all the time.
    hasNewView =
      hasNewView || view.deployments != proxy.deployments || view.checks != proxy.checks
      || view.checkedAt != proxy.checkedAt || view.declaredRoutes != proxy.declaredRoutes
    proxy = view
  }

  /// Whether there is something to commit: a level would change, or probes found something new.
  func isDue(now: Timestamp, horizon: Timestamp) -> Bool {
    if hasNewView { return true }
    return moment(now: now, horizon: horizon).map { watch.isDue(at: $0) } ?? false
  }

  /// Takes in what the tally counted since it was written last.
  mutating func observe(_ tally: inout TallyState, now: Timestamp) {
    if hasNewView { adopt(&tally, now: now) }
    let labels = tally.labels
    for counted in tally.attempts {
      let attempt = HealthWatch.Attempt(counted)
      watch.observe(attempt, now: now, name: { labels.text(Dimension.provider, $0) })
      scores.observe(
        attempt, now: now,
        names: { (labels.text(Dimension.provider, $0), labels.text(Dimension.model, $1)) })
    }
  }

  /// Forms the levels as of `horizon`, until when the logs were read, and counts what changed.
  mutating func judge(
    _ tally: inout TallyState, now: Timestamp, horizon: Timestamp
  ) -> [HealthNews] {
    guard let moment = moment(now: now, horizon: horizon) else { return [] }
    return watch.judge(at: moment).map { transition in
      if transition.scope == .provider {
        tally.addTransition(of: transition.id, to: transition.change.to)
      }
      return HealthNews(transition, labels: tally.labels)
    }
  }

  /// Brings what is shown up to date where nothing is to be committed: `isDue` said no.
  mutating func refresh(now: Timestamp, horizon: Timestamp) {
    guard let moment = moment(now: now, horizon: horizon) else { return }
    _ = watch.judge(at: moment)
  }

  /// What the ledger has to keep.
  mutating func takeChanges() -> HealthChanges { watch.takeChanges() }

  private func moment(now: Timestamp, horizon: Timestamp) -> Timestamp? {
    horizon >= now - Self.freshFor ? min(now, horizon) : nil
  }

  /// The model list names whom to expect, and checks say how they are.
  private mutating func adopt(_ tally: inout TallyState, now: Timestamp) {
    hasNewView = false
    let day = now.day
    for route in proxy.routes { _ = tally.admit(.route, route, day: day) }
    for provider in proxy.providers {
      let id = tally.admit(.provider, provider, day: day)
      watch.know(provider: id, name: { tally.labels.text(Dimension.provider, $0) })
      guard let (verdict, at) = proxy.verdict(on: provider) else { continue }
      watch.probe(.provider, id, ProbeVerdict(level: HealthLevel(verdict), at: at))
    }
    for deployment in proxy.deployments where !deployment.id.isEmpty {
      let provider = tally.admit(.provider, deployment.provider, day: day)
      let model = tally.admit(.model, deployment.model, day: day)
      let route = tally.admit(.route, deployment.route, day: day)
      let id = tally.admit(.deployment, deployment.id, day: day)
      watch.know(
        deployment: id, provider: provider, model: model, route: route,
        name: { tally.labels.text(Dimension.provider, $0) })
    }
    guard let checkedAt = proxy.checkedAt else { return }
    for check in proxy.checks where !check.deployment.isEmpty {
      let id = tally.admit(.deployment, check.deployment, day: day)
      watch.probe(
        .deployment, id, ProbeVerdict(level: check.isUp ? .healthy : .unhealthy, at: checkedAt))
    }
  }
}

extension HealthLevel {
  fileprivate init(_ verdict: ProxyView.Verdict) {
    switch verdict {
    case .allUp: self = .healthy
    case .someDown: self = .degraded
    case .allDown: self = .unhealthy
    }
  }
}

extension HealthWatch.Attempt {
  fileprivate init(_ counted: CountedAttempt) {
    self.init(
      provider: counted.provider, deployment: counted.deployment, model: counted.model,
      route: counted.route, end: counted.end, kind: counted.kind, reason: counted.reason)
    latency = counted.latency
    cost = counted.cost
    tokens = counted.tokens
  }
}
