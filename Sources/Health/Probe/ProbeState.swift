import Support

/// What the probes know, and what each answer changes; pure.
struct ProbeState: Sendable {
  /// How a probe ended: the answer, or why there is none.
  typealias Outcome = Result<ProbeAnswer, ProbeAnswer.Problem>

  /// What has changed for the operator.
  enum News: Sendable, Equatable {
    case up(version: String?)
    case down(String)
    /// One kind of question is not answered while the others are.
    case refused(Probe, String)
    case answered(Probe)
  }

  private(set) var view: ProxyView
  private(set) var schedule: ProbeSchedule
  /// Seconds that the last probe of each kind took.
  private(set) var durations: [Probe: TimeSpan] = [:]
  /// Why the last probe of a kind got no answer.
  private(set) var problems: [Probe: String] = [:]
  private var answered: Set<Probe> = []
  /// As they came, since the model list that they are joined to may come later.
  private var checks: [ProbeAnswer.Check] = []

  /// Starts from what was known before.
  init(_ view: ProxyView, _ schedule: ProbeSchedule) {
    self.view = view
    self.schedule = schedule
  }

  /// Takes up what is due.
  mutating func begin(_ now: Timestamp) -> [Probe] { schedule.begin(now) }

  /// Takes in how a probe ended, after `took`: `now` by the monotonic clock, `time` of day.
  mutating func end(
    _ probe: Probe, _ outcome: Outcome, took: TimeSpan, now: Timestamp, time: Timestamp
  ) -> [News] {
    durations[probe] = took
    let wasUp = view.isUp
    var news: [News] = []
    switch outcome {
    case .success(let answer):
      schedule.end(probe, succeeded: true, now)
      answered.insert(probe)
      if problems.removeValue(forKey: probe) != nil, !probe.isBasic {
        news.append(.answered(probe))
      }
      take(answer, at: time)
    case .failure(let problem):
      schedule.end(probe, succeeded: false, now)
      answered.remove(probe)
      let isNew = problems.updateValue(problem.text, forKey: probe) != problem.text
      // Releases that tell the version with readiness know no details.
      let isNeeded = probe != .details || view.version == nil
      if isNew, isNeeded, !probe.isBasic { news.append(.refused(probe, problem.text)) }
    }
    if probe.isBasic { judge(at: time) }
    if view.isUp == true, wasUp != true {
      schedule.cameUp(now)
      news.append(.up(version: view.version))
    } else if view.isUp == false, wasUp != false {
      news.append(.down("\(probe.path) \(problems[probe] ?? "")"))
    }
    return news
  }

  /// Up while the last answers of both are good.
  private mutating func judge(at time: Timestamp) {
    view.askedAt = time
    if Probe.allCases.contains(where: { $0.isBasic && problems[$0] != nil }) {
      view.isUp = false
    } else if answered.isSuperset(of: [.liveliness, .readiness]) {
      view.isUp = true
    }
  }

  private mutating func take(_ answer: ProbeAnswer, at time: Timestamp) {
    switch answer {
    case .alive: break
    case .ready(let version), .details(let version): view.version = version ?? view.version
    case .models(let deployments):
      view.deployments = deployments
      view.listedAt = time
      join()
    case .health(let checks):
      guard !checks.isEmpty else { return }
      self.checks = checks
      view.checkedAt = time
      join()
    }
  }

  private mutating func join() {
    guard !checks.isEmpty else { return }
    let known = Dictionary(
      view.deployments.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    view.checks = checks.map { check in
      let found = known[check.deployment]
      return ProxyView.Check(
        deployment: found?.id ?? "",
        provider: found?.provider ?? LiteLLMModel(name: check.model).provider, isUp: check.isUp,
        status: check.status)
    }
  }
}
