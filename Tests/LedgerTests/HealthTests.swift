import Record
import Support
import TestSupport
import Testing

@testable import Ledger

@Suite struct HealthTests {
  private let scratch = Scratch()

  private var state: StoredHealth {
    var state = StoredHealth(scope: .deployment, id: 7, provider: 2)
    (state.model, state.route) = (3, 4)
    (state.level, state.worst, state.origin) = (.degraded, .unhealthy, .probe)
    (state.since, state.lastEvidence) = (noon - .hours(1), noon)
    state.evidenceFrom = 1_795_262_000
    (state.lastReason, state.lastFault) = (.credentials, noon - .seconds(1))
    return state
  }

  private func evidence(_ second: Int64, _ id: UInt32 = 7) -> StoredEvidence {
    var counts = AttemptCounts()
    (counts.successes, counts.callerFaults, counts.rateLimited, counts.failures) = (1, 2, 3, 4)
    return StoredEvidence(scope: .deployment, id: id, second: second, counts: counts)
  }

  @Test func healthIsReadBackAsItWasWritten() throws {
    var changes = HealthChanges()
    changes.states = [StoredHealth(scope: .provider, id: 2, provider: 2), state]
    changes.evidence = [evidence(100), evidence(101)]
    do {
      let book = try Book(scratch)
      try book.ledger.write(changes)
      #expect(try book.ledger.health() == changes)
    }
    #expect(try Book(scratch).ledger.health() == changes)
  }

  @Test func whatChangedReplacesWhatWas() throws {
    let book = try Book(scratch)
    var changes = HealthChanges()
    changes.states = [state]
    changes.evidence = [evidence(100)]
    try book.ledger.write(changes)
    changes.states[0].level = .healthy
    changes.states[0].lastReason = nil
    changes.evidence[0].counts.successes = 50
    try book.ledger.write(changes)
    #expect(try book.ledger.health() == changes)
  }

  @Test func oldEvidenceIsDropped() throws {
    let book = try Book(scratch)
    var changes = HealthChanges()
    changes.evidence = [evidence(99), evidence(100), evidence(101)]
    try book.ledger.write(changes)
    try book.ledger.dropHealth(
      evidenceBefore: Timestamp(microseconds: 100_999_999), now: noon)
    #expect(try book.ledger.health().evidence.map(\.second) == [100, 101])
  }

  @Test func whomNobodyHeardOfForAMonthIsForgotten() throws {
    let book = try Book(scratch)
    var changes = HealthChanges()
    for (id, level, days) in [(7, .unknown, 31), (8, .unknown, 29), (9, .unhealthy, 31)]
      as [(UInt32, HealthLevel, Int64)]
    {
      var state = StoredHealth(scope: .provider, id: id, provider: id)
      (state.level, state.since) = (level, noon - .days(days))
      changes.states.append(state)
    }
    try book.ledger.write(changes)
    try book.ledger.dropHealth(evidenceBefore: noon, now: noon)
    #expect(try book.ledger.health().states.map(\.id) == [8, 9])
  }
}
