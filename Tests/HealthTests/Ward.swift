import Record
import Support

@testable import Health

/// A point in time that many tests share: 2026-11-21T12:00:00Z.
let noon = Timestamp(microseconds: 1_795_262_400_000_000)

/// One provider under watch, with a clock that the test moves.
struct Ward {
  var watch: HealthWatch
  var now = noon
  private(set) var transitions: [HealthState.Transition] = []
  private let options: HealthOptions
  /// What a ledger would hold.
  private var ledger: [Int64: StoredEvidence] = [:]
  private var stored: StoredHealth?

  init(_ change: (inout HealthBounds) -> Void = { _ in }) {
    var options = HealthOptions()
    change(&options.bounds)
    self.options = options
    watch = HealthWatch(options: options)
  }

  var level: HealthLevel { state.level }
  var state: HealthState { watch.subjects.first?.state ?? HealthState() }
  /// The levels it came to, in order.
  var levels: [HealthLevel] { transitions.map(\.to) }

  /// An attempt that ended `late` before now.
  mutating func attempt(_ kind: AttemptKind, late: TimeSpan = .seconds(0), reason: Reason? = nil) {
    watch.observe(
      HealthWatch.Attempt(provider: 2, end: now - late, kind: kind, reason: reason), now: now,
      name: { _ in "openai" })
  }

  mutating func judge() {
    transitions += watch.judge(at: now).filter { $0.scope == .provider }.map(\.change)
    let changes = watch.takeChanges()
    for state in changes.states { stored = state }
    for evidence in changes.evidence { ledger[evidence.second] = evidence }
  }

  /// Lets time pass, judging each second.
  mutating func pass(_ span: TimeSpan) {
    for _ in 0..<span.wholeSeconds {
      now = now + .seconds(1)
      judge()
    }
  }

  /// An attempt each `pause` for `span`; `kind` is given its number.
  mutating func traffic(
    _ span: TimeSpan, every pause: TimeSpan = .seconds(1), _ kind: (Int) -> AttemptKind?
  ) {
    let end = now + span
    var number = 0
    while now < end {
      now = now + pause
      if let kind = kind(number) { attempt(kind) }
      number += 1
      judge()
    }
  }

  /// Forgets everything but what the ledger holds.
  mutating func restart() {
    watch = HealthWatch(options: options)
    var kept = HealthChanges()
    kept.states = stored.map { [$0] } ?? []
    kept.evidence = ledger.values.sorted { $0.second < $1.second }
    watch.restore(kept, now: now, name: { _ in "openai" })
  }
}
