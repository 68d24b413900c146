package import Record
package import Support

/// The statements that keep health, prepared once.
struct HealthSQL {
  let state: Statement
  let evidence: Statement

  init(_ database: Database) throws(LedgerError) {
    state = try database.prepare(
      """
      INSERT OR REPLACE INTO health(
        scope, id, provider, model, route, level, worst, origin, since, last_evidence,
        evidence_from, last_reason, last_fault)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    evidence = try database.prepare(
      """
      INSERT OR REPLACE INTO health_evidence(
        second, scope, id, successes, caller_faults, rate_limited, failures)
      VALUES(?, ?, ?, ?, ?, ?, ?)
      """)
  }
}

/// Health over restarts: the states, and the evidence of the last minutes second by second.
extension CostLedger {
  /// Keeps what changed, in the batch's transaction.
  package func write(_ changes: HealthChanges) throws(LedgerError) {
    for state in changes.states {
      let row = healthSQL.state
      row.bind(Int64(state.scope.rawValue))
      row.bind(state.id)
      row.bind(state.provider)
      row.bind(state.model)
      row.bind(state.route)
      row.bind(Int64(state.level.rawValue))
      row.bind(Int64(state.worst.rawValue))
      row.bind(Int64(state.origin.rawValue))
      row.bind(optional: state.since?.microseconds)
      row.bind(optional: state.lastEvidence?.microseconds)
      row.bind(state.evidenceFrom)
      row.bind(optional: state.lastReason.map { Int64($0.rawValue) })
      row.bind(optional: state.lastFault?.microseconds)
      try row.run()
    }
    for evidence in changes.evidence {
      let row = healthSQL.evidence
      row.bind(evidence.second)
      row.bind(Int64(evidence.scope.rawValue))
      row.bind(evidence.id)
      row.bind(evidence.counts.successes)
      row.bind(evidence.counts.callerFaults)
      row.bind(evidence.counts.rateLimited)
      row.bind(evidence.counts.failures)
      try row.run()
    }
  }

  /// Forgets evidence that nobody looks back to any more, and whom nobody heard of for a month.
  package func dropHealth(evidenceBefore time: Timestamp, now: Timestamp) throws(LedgerError) {
    try database.execute(
      "DELETE FROM health_evidence WHERE second < \(time.microseconds / 1_000_000)")
    try database.execute(
      """
      DELETE FROM health WHERE level = \(HealthLevel.unknown.rawValue)
        AND since < \((now - .days(30)).microseconds)
      """)
  }

  /// All that is kept.
  package func health() throws(LedgerError) -> HealthChanges {
    var health = HealthChanges()
    let states = try database.prepare(
      """
      SELECT scope, id, provider, model, route, level, worst, origin, since, last_evidence,
        evidence_from, last_reason, last_fault
      FROM health ORDER BY scope, id
      """)
    while try states.step() {
      guard let scope = HealthScope(states, 0), let level = HealthLevel(states, 5),
        let worst = HealthLevel(states, 6), let origin = HealthOrigin(states, 7)
      else { continue }
      var state = StoredHealth(scope: scope, id: states.id(1), provider: states.id(2))
      state.model = states.id(3)
      state.route = states.id(4)
      (state.level, state.worst, state.origin) = (level, worst, origin)
      state.since = states.time(8)
      state.lastEvidence = states.time(9)
      state.evidenceFrom = states.integer(10)
      state.lastReason = states.isNull(11) ? nil : Reason(states, 11)
      state.lastFault = states.time(12)
      health.states.append(state)
    }
    let seconds = try database.prepare(
      """
      SELECT second, scope, id, successes, caller_faults, rate_limited, failures
      FROM health_evidence ORDER BY second
      """)
    while try seconds.step() {
      guard let scope = HealthScope(seconds, 1) else { continue }
      var counts = AttemptCounts()
      counts.successes = seconds.id(3)
      counts.callerFaults = seconds.id(4)
      counts.rateLimited = seconds.id(5)
      counts.failures = seconds.id(6)
      health.evidence.append(
        StoredEvidence(
          scope: scope, id: seconds.id(2), second: seconds.integer(0), counts: counts))
    }
    return health
  }
}

extension RawRepresentable where RawValue == UInt8 {
  fileprivate init?(_ row: Statement, _ column: Int32) {
    self.init(rawValue: UInt8(truncatingIfNeeded: row.integer(column)))
  }
}

extension Statement {
  fileprivate func id(_ column: Int32) -> UInt32 { UInt32(truncatingIfNeeded: integer(column)) }

  fileprivate func time(_ column: Int32) -> Timestamp? {
    isNull(column) ? nil : Timestamp(microseconds: integer(column))
  }
}
