package import Record
package import Support

/// The health of all providers and deployments, by label ids.
///
/// Fed with every attempt as it is counted, judged at most once a second, and kept in the ledger:
/// a watch that is restored goes on as if nothing had happened.
package struct HealthWatch: Sendable {
  /// A counted attempt.
  package struct Attempt: Sendable {
    package var provider: UInt32
    package var deployment: UInt32
    package var model: UInt32
    package var route: UInt32
    package var end: Timestamp
    package var kind: AttemptKind
    /// Of a failed one.
    package var reason: Reason?
    /// Of a success: how long it took, what it cost if that is known, and its tokens.
    package var latency = TimeSpan(microseconds: 0)
    package var cost: Money?
    package var tokens: Int64 = 0

    /// One attempt, by label ids.
    package init(
      provider: UInt32, deployment: UInt32 = 0, model: UInt32 = 0, route: UInt32 = 0,
      end: Timestamp, kind: AttemptKind, reason: Reason? = nil
    ) {
      self.provider = provider
      self.deployment = deployment
      self.model = model
      self.route = route
      self.end = end
      self.kind = kind
      self.reason = reason
    }
  }

  /// A change of level, and whose.
  package struct Transition: Sendable, Equatable {
    package var scope: HealthScope
    package var id: UInt32
    package var provider: UInt32
    package var change: HealthState.Transition
    /// What it was judged by.
    package var evidence: Evidence
    package var errorRatio: Double?
    /// Why it failed last.
    package var lastReason: Reason?
  }

  private let options: HealthOptions
  package private(set) var subjects: [HealthSubject] = []
  private var windows: [EvidenceWindow] = []
  /// Rows of `subjects` by label id.
  private var rows: [[Int32]] = [[], []]
  private var changed: [Int32] = []
  /// When it was judged last; it never goes back but with the clock.
  package private(set) var judgedAt: Timestamp?

  /// Ids up to this one are `none` and `other`, which are nobody.
  static let nobody: UInt32 = 1
  /// A clock that is corrected by less stands still for a while instead of going back.
  private static let tolerance = TimeSpan.minutes(1)

  /// A watch over nobody yet.
  package init(options: HealthOptions) { self.options = options }

  /// Counts an attempt. `now` bounds its time: a sender's clock may be ahead. `name` tells a
  /// provider's name by id.
  package mutating func observe(
    _ attempt: Attempt, now: Timestamp, name: (UInt32) -> String
  ) {
    let end = min(attempt.end, now)
    if attempt.provider > Self.nobody {
      let row = row(of: .provider, attempt.provider, provider: attempt.provider, name: name)
      count(attempt, at: end, in: row)
    }
    if attempt.deployment > Self.nobody {
      let row = row(of: .deployment, attempt.deployment, provider: attempt.provider, name: name)
      subjects[row].place(
        provider: attempt.provider, model: attempt.model, route: attempt.route)
      count(attempt, at: end, in: row)
    }
  }

  /// Makes a provider known before its first attempt.
  package mutating func know(provider: UInt32, name: (UInt32) -> String) {
    guard provider > Self.nobody else { return }
    _ = row(of: .provider, provider, provider: provider, name: name)
  }

  /// Makes a deployment known before its first attempt.
  package mutating func know(
    deployment: UInt32, provider: UInt32, model: UInt32, route: UInt32, name: (UInt32) -> String
  ) {
    guard deployment > Self.nobody else { return }
    let row = row(of: .deployment, deployment, provider: provider, name: name)
    subjects[row].place(provider: provider, model: model, route: route)
  }

  /// Takes over what the proxy's own health check says of a provider or deployment.
  package mutating func probe(_ scope: HealthScope, _ id: UInt32, _ verdict: ProbeVerdict) {
    guard let row = known(scope, id) else { return }
    subjects[row].probe = verdict
  }

  /// Whether `judge` would change a level.
  package func isDue(at now: Timestamp) -> Bool {
    if let judgedAt, judgedAt - now > Self.tolerance { return true }
    guard let moment = moment(of: now) else { return false }
    return subjects.indices.contains { row in
      var state = subjects[row].state
      return judge(row, &state, at: moment)?.transition != nil
    }
  }

  /// Forms every level at `now`; what changed.
  package mutating func judge(at now: Timestamp) -> [Transition] {
    if let judgedAt, judgedAt - now > Self.tolerance { setBack(to: now) }
    guard let now = moment(of: now) else { return [] }
    judgedAt = now
    var transitions: [Transition] = []
    for row in subjects.indices {
      var state = subjects[row].state
      guard let (evidence, change) = judge(row, &state, at: now) else { continue }
      let subject = subjects[row]
      subjects[row].evidence = evidence
      if state != subject.state {
        subjects[row].state = state
        note(row)
      }
      guard let change else { continue }
      transitions.append(
        Transition(
          scope: subject.scope, id: subject.id, provider: subject.provider, change: change,
          evidence: evidence,
          errorRatio: subjects[row].errorRatio, lastReason: subject.lastReason))
    }
    return transitions
  }

  /// What changed since the last call, for the ledger.
  package mutating func takeChanges() -> HealthChanges {
    var changes = HealthChanges()
    for row in changed.map(Int.init) {
      let subject = subjects[row]
      changes.states.append(subject.stored)
      windows[row].takeChanges { second, counts in
        changes.evidence.append(
          StoredEvidence(scope: subject.scope, id: subject.id, second: second, counts: counts))
      }
      subjects[row].isChanged = false
    }
    changed.removeAll(keepingCapacity: true)
    return changes
  }

  /// Takes over what a ledger keeps. What is later than `now` was kept before the clock was set
  /// back.
  package mutating func restore(
    _ stored: HealthChanges, now: Timestamp, name: (UInt32) -> String
  ) {
    let last = now + Self.tolerance
    for state in stored.states {
      let row = row(of: state.scope, state.id, provider: state.provider, name: name)
      subjects[row].restore(state)
      if subjects[row].state.isLater(than: last) { subjects[row].state.setBack(to: now) }
    }
    for evidence in stored.evidence where evidence.second <= last.second {
      guard let row = known(evidence.scope, evidence.id) else { continue }
      windows[row].restore(second: evidence.second, evidence.counts)
    }
  }
}

extension HealthWatch {
  /// The whole second to judge at; nil if it was done already.
  private func moment(of now: Timestamp) -> Timestamp? {
    let second = Timestamp(microseconds: now.second * 1_000_000)
    guard let judgedAt else { return second }
    return second > judgedAt ? second : nil
  }

  private func judge(
    _ row: Int, _ state: inout HealthState, at now: Timestamp
  ) -> (evidence: Evidence, transition: HealthState.Transition?)? {
    let subject = subjects[row]
    let evidence = windows[row].evidence(
      at: now, bounds: subject.bounds, from: state.evidenceFrom)
    let change = state.judge(evidence, probe: subject.probe, bounds: subject.bounds, now: now)
    return (evidence, change)
  }

  private mutating func setBack(to now: Timestamp) {
    judgedAt = nil
    for row in subjects.indices {
      subjects[row].state.setBack(to: now)
      subjects[row].probe = nil
      windows[row] = EvidenceWindow(lookback: subjects[row].bounds.lookback)
      note(row)
    }
  }

  private mutating func count(_ attempt: Attempt, at end: Timestamp, in row: Int) {
    windows[row].add(attempt.kind, at: end)
    if attempt.kind == .failure || attempt.kind == .rateLimited {
      subjects[row].failed(attempt.reason, at: end)
    }
    note(row)
  }

  private mutating func note(_ row: Int) {
    guard !subjects[row].isChanged else { return }
    subjects[row].isChanged = true
    changed.append(Int32(row))
  }

  private func known(_ scope: HealthScope, _ id: UInt32) -> Int? {
    let rows = rows[Int(scope.rawValue)]
    guard id < rows.count, rows[Int(id)] >= 0 else { return nil }
    return Int(rows[Int(id)])
  }

  private mutating func row(
    of scope: HealthScope, _ id: UInt32, provider: UInt32, name: (UInt32) -> String
  ) -> Int {
    if let row = known(scope, id) { return row }
    let bounds = provider > Self.nobody ? options.bounds(of: name(provider)) : options.bounds
    subjects.append(HealthSubject(scope: scope, id: id, provider: provider, bounds: bounds))
    windows.append(EvidenceWindow(lookback: bounds.lookback))
    let place = Int(scope.rawValue)
    while rows[place].count <= Int(id) { rows[place].append(-1) }
    rows[place][Int(id)] = Int32(subjects.count - 1)
    return subjects.count - 1
  }
}
