import Record
import Support
import Testing

@testable import Health

@Suite struct HealthStateTests {
  @Test func nothingIsKnownAtFirst() {
    var ward = Ward()
    #expect(ward.level == .unknown)
    ward.attempt(.failure)
    ward.pass(.seconds(60))
    // One fault of one attempt is no verdict, and no sign of health.
    #expect(ward.level == .unknown)
    ward.attempt(.callerFault)
    ward.pass(.seconds(1))
    #expect(ward.levels == [.healthy])
  }

  @Test func aProviderThatIsDownAtOneRequestASecond() {
    var ward = Ward()
    ward.traffic(.seconds(120)) { _ in .success }
    ward.traffic(.seconds(14)) { _ in .failure }
    #expect(ward.level == .degraded)
    ward.traffic(.seconds(1)) { _ in .failure }
    #expect(ward.levels == [.healthy, .degraded, .unhealthy])
    #expect(ward.state.since == ward.now)
  }

  @Test func halfOfManyAttemptsIsTooMuch() {
    var ward = Ward()
    ward.traffic(.seconds(120)) { _ in .success }
    // Each request is tried three times.
    var seconds = 0
    while ward.level != .unhealthy, seconds < 60 {
      for _ in 0..<3 { ward.attempt(.failure) }
      ward.attempt(.success)
      ward.pass(.seconds(1))
      seconds += 1
    }
    // s successes and 3s faults within 60 s: 3s ≥ half of 60 - s + 4s at s = 20.
    #expect(seconds == 20)
  }

  @Test(arguments: [5, 10, 30, 60])
  func threeFaultsAreEnoughAtATrickle(pause: Int64) {
    var ward = Ward()
    ward.traffic(.minutes(10), every: .seconds(pause)) { _ in .success }
    ward.traffic(.seconds(2 * pause), every: .seconds(pause)) { _ in .failure }
    #expect(ward.level != .unhealthy)
    ward.traffic(.seconds(pause), every: .seconds(pause)) { _ in .failure }
    #expect(ward.level == .unhealthy)
  }

  @Test func aFaultInTheSecondOfTheLastSuccessIsOneOfThree() {
    var ward = Ward()
    ward.traffic(.minutes(2)) { _ in .success }
    for _ in 0..<3 {
      ward.attempt(.failure)
      ward.pass(.seconds(12))
    }
    #expect(ward.level == .unhealthy)
  }

  @Test func oneRequestOfAnIdleProviderIsNoOutage() {
    var ward = Ward()
    ward.traffic(.seconds(60)) { _ in .success }
    ward.pass(.minutes(6))
    // It is tried three times.
    for _ in 0..<3 { ward.attempt(.failure) }
    ward.pass(.minutes(4))
    #expect(ward.level == .healthy)
    // The next request fails as well.
    ward.attempt(.failure)
    ward.pass(.seconds(1))
    #expect(ward.level == .unhealthy)
  }

  @Test func silenceAfterAFewFaultsIsNoOutage() {
    var ward = Ward()
    ward.traffic(.seconds(60)) { $0 % 4 == 3 ? .failure : .success }
    let level = ward.level
    ward.pass(.minutes(10))
    #expect(ward.level == level)
  }

  @Test func rateLimitsWeighHalf() {
    var ward = Ward()
    ward.traffic(.seconds(60)) { _ in .success }
    // 12 of 20: 6 / (8 + 6).
    ward.traffic(.seconds(300)) { $0 % 5 < 3 ? .rateLimited : .success }
    #expect(ward.levels.last == .degraded)
    // 3 of 4: 1.5 / 2.5.
    ward.traffic(.seconds(300)) { $0 % 4 < 3 ? .rateLimited : .success }
    #expect(ward.level == .unhealthy)
  }

  @Test func rateLimitsWeighFullyForDegraded() {
    var ward = Ward()
    ward.traffic(.seconds(120)) { $0 % 10 == 0 ? .rateLimited : .success }
    #expect(ward.level == .degraded)
  }

  @Test func everythingRateLimitedIsDown() {
    var ward = Ward()
    ward.traffic(.seconds(120)) { _ in .success }
    ward.traffic(.seconds(30)) { _ in .rateLimited }
    #expect(ward.level == .unhealthy)
  }

  @Test func whatCallersDoWrongIsNoFault() {
    var ward = Ward()
    ward.traffic(.seconds(300)) { _ in .callerFault }
    #expect(ward.levels == [.healthy])
    // It was there to refuse them.
    ward.traffic(.seconds(60)) { $0 % 20 == 0 ? .failure : .callerFault }
    #expect(ward.level == .healthy)
  }

  @Test func oneSuccessIsNoWayBack() {
    var ward = Ward()
    ward.traffic(.seconds(120)) { _ in .success }
    ward.traffic(.seconds(120)) { $0 % 17 == 16 ? .success : .failure }
    // What was before the outage counts no more.
    #expect(ward.levels == [.healthy, .degraded, .unhealthy])
  }

  @Test func tenSuccessesOverFifteenSecondsBringItBack() {
    var ward = Ward()
    ward.traffic(.seconds(60)) { _ in .failure }
    #expect(ward.level == .unhealthy)
    ward.traffic(.seconds(15)) { _ in .success }
    #expect(ward.level == .unhealthy)
    ward.traffic(.seconds(1)) { _ in .success }
    #expect(ward.level == .healthy)
    // What was before counts no more.
    ward.traffic(.seconds(1)) { _ in .failure }
    ward.traffic(.seconds(10)) { _ in .success }
    #expect(ward.levels == [.unhealthy, .healthy])
    #expect(ward.transitions.map(\.isRecovery) == [false, true])
  }

  @Test func aBurstOfSuccessesDoesNotBringItBack() {
    var ward = Ward()
    ward.traffic(.seconds(60)) { _ in .failure }
    for _ in 0..<30 { ward.attempt(.success) }
    ward.pass(.seconds(1))
    // 30 of 90: under half, but not by a fifth.
    #expect(ward.level == .unhealthy)
    for _ in 0..<70 { ward.attempt(.success) }
    ward.pass(.seconds(1))
    #expect(ward.level == .degraded)
  }

  @Test func aRatioMustFallBelowItsBoundByAFifth() {
    var ward = Ward { $0.recoverAttempts = 1000 }
    ward.traffic(.seconds(300)) { $0 % 2 == 0 ? .failure : .success }
    #expect(ward.level == .unhealthy)
    ward.traffic(.seconds(300)) { $0 % 20 < 9 ? .failure : .success }
    #expect(ward.level == .unhealthy)
    ward.traffic(.seconds(300)) { $0 % 20 > 12 ? .failure : .success }
    #expect(ward.level == .degraded)
    ward.traffic(.seconds(300)) { $0 % 12 == 0 ? .failure : .success }
    #expect(ward.level == .degraded)
    ward.traffic(.seconds(300)) { $0 % 20 == 0 ? .failure : .success }
    #expect(ward.level == .healthy)
  }

  @Test func aStateHoldsUntilItIsForgotten() {
    var ward = Ward()
    ward.traffic(.seconds(60)) { _ in .failure }
    ward.pass(.minutes(14))
    #expect(ward.level == .unhealthy)
    ward.pass(.minutes(1))
    #expect(ward.levels == [.unhealthy, .unknown])
    #expect(!ward.transitions.contains { $0.isRecovery })
    // The next success shows it well: that is the recovery.
    ward.traffic(.seconds(1)) { _ in .success }
    #expect(ward.levels == [.unhealthy, .unknown, .healthy])
    #expect(ward.transitions.last?.isRecovery == true)
  }

  @Test func recoveryAtATrickleWithinAMinuteOfTraffic() {
    var ward = Ward()
    ward.traffic(.minutes(5), every: .seconds(10)) { _ in .failure }
    #expect(ward.level == .unhealthy)
    ward.traffic(.seconds(60), every: .seconds(10)) { _ in .success }
    #expect(ward.level == .healthy)
  }

  @Test func boundsAreConfigurable() {
    var ward = Ward {
      $0.window = .seconds(6)
      $0.downAfter = .seconds(3)
      $0.recoverAfter = .seconds(3)
      $0.recoverAttempts = 4
      $0.forgetAfter = .seconds(300)
    }
    ward.traffic(.seconds(30)) { _ in .success }
    ward.traffic(.seconds(4)) { _ in .failure }
    #expect(ward.level == .unhealthy)
    ward.traffic(.seconds(4)) { _ in .success }
    #expect(ward.level == .healthy)
    ward.pass(.seconds(300))
    #expect(ward.level == .unknown)
  }
}

@Suite struct ProbeVerdictTests {
  private func evidence(_ successes: UInt32, _ failures: UInt32, ago: TimeSpan) -> Evidence {
    var evidence = Evidence()
    evidence.counts.successes = successes
    evidence.counts.failures = failures
    evidence.inWindow = evidence.counts.total
    evidence.latest = noon - ago
    return evidence
  }

  private func judge(
    _ state: inout HealthState, _ evidence: Evidence, _ probe: HealthLevel?, ago: Int64 = 1,
    now: Timestamp = noon
  ) -> HealthLevel {
    let verdict = probe.map { ProbeVerdict(level: $0, at: noon - .seconds(ago)) }
    _ = state.judge(evidence, probe: verdict, bounds: HealthBounds(), now: now)
    return state.level
  }

  @Test func aProbeDecidesWithoutTraffic() {
    var state = HealthState()
    #expect(judge(&state, Evidence(), .unhealthy) == .unhealthy)
    #expect(state.origin == .probe)
    #expect(judge(&state, Evidence(), .degraded) == .degraded)
    #expect(judge(&state, Evidence(), .healthy) == .healthy)
  }

  @Test func trafficDecidesWhereThereIsEnough() {
    var state = HealthState()
    #expect(judge(&state, evidence(5, 0, ago: .seconds(9)), .unhealthy) == .healthy)
    #expect(state.origin == .traffic)
    #expect(judge(&state, evidence(1, 4, ago: .seconds(9)), .healthy) == .unhealthy)
    #expect(judge(&state, evidence(1, 3, ago: .seconds(9)), .healthy) == .healthy)
    #expect(state.origin == .probe)
  }

  @Test func faultsThatGoOnAreTraffic() {
    var state = HealthState()
    var evidence = evidence(0, 3, ago: .seconds(9))
    evidence.failing.count = 3
    evidence.failing.first = 100
    evidence.failing.last = 115
    #expect(judge(&state, evidence, .healthy) == .unhealthy)
    #expect(state.origin == .traffic)
  }

  /// Few attempts and frequent probes of another opinion take no turns.
  @Test func whatAProbeSaidIsNotOverturnedByFewAttempts() {
    var state = HealthState()
    #expect(judge(&state, Evidence(), .unhealthy, ago: 10) == .unhealthy)
    #expect(judge(&state, evidence(3, 0, ago: .seconds(1)), .unhealthy, ago: 10) == .unhealthy)
    #expect(judge(&state, evidence(5, 0, ago: .seconds(1)), .unhealthy, ago: 10) == .healthy)
    // Nor does an old verdict come back into force when traffic ebbs away.
    #expect(judge(&state, evidence(4, 0, ago: .seconds(1)), .unhealthy, ago: 10) == .healthy)
  }

  @Test func anOldVerdictIsNone() {
    var state = HealthState()
    #expect(judge(&state, Evidence(), .unhealthy, ago: 899) == .unhealthy)
    #expect(judge(&state, Evidence(), nil, now: noon + .seconds(1)) == .unknown)
    state = HealthState()
    #expect(judge(&state, Evidence(), .unhealthy, ago: 900) == .unknown)
  }
}
