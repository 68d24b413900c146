import Record
import Support
import TestSupport
import Testing

@testable import Health

@Suite struct HealthPropertyTests {
  private static let kinds: [AttemptKind] = [.success, .callerFault, .rateLimited, .failure]

  /// What the window should say, from a list of all attempts.
  private func evidence(
    _ attempts: [(second: Int64, kind: AttemptKind)], at now: Timestamp, _ bounds: HealthBounds
  ) -> Evidence {
    var result = Evidence()
    let now = now.second
    let known = attempts.filter { $0.second <= now && $0.second > now - 300 }
    result.latest = attempts.map(\.second).max().map { Timestamp(microseconds: $0 * 1_000_000) }
    let window = known.filter { $0.second > now - 60 }
    result.inWindow = UInt32(window.count)
    var used = window
    for second in stride(from: now - 60, through: now - 299, by: -1)
    where used.count < bounds.minAttempts {
      used += known.filter { $0.second == second }
    }
    for attempt in used { result.counts.add(attempt.kind) }
    func isFault(_ kind: AttemptKind) -> Bool { kind == .failure || kind == .rateLimited }
    let answers = known.filter { !isFault($0.kind) }.map(\.second).max()
    let lastFault = known.filter { isFault($0.kind) }.map(\.second).max() ?? 0
    var faults = known.filter { isFault($0.kind) && $0.second > answers ?? 0 }.map(\.second)
    if let answers, known.contains(where: { isFault($0.kind) && $0.second == answers }) {
      faults.append(answers)
    }
    let successes = known.filter { $0.kind == .success && $0.second > lastFault }.map(\.second)
    result.failing = run(faults)
    if let answers, !faults.isEmpty { result.failing.first = answers }
    result.succeeding = run(successes)
    return result
  }

  private func run(_ seconds: [Int64]) -> Evidence.Run {
    var run = Evidence.Run()
    run.count = UInt32(seconds.count)
    run.first = seconds.min() ?? 0
    run.last = seconds.max() ?? 0
    return run
  }

  @Test(arguments: 0..<20)
  func aWindowIsAListOfAttemptsInAnyOrder(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bounds = HealthBounds()
    var attempts: [(second: Int64, kind: AttemptKind)] = []
    let density = Int.random(in: 1...40, using: &random)
    for _ in 0..<density * 10 {
      let second = noon.second + Int64.random(in: 0..<300, using: &random)
      attempts.append((second, Self.kinds.randomElement(using: &random) ?? .success))
    }
    var window = EvidenceWindow(lookback: bounds.lookback)
    for attempt in attempts.shuffled(using: &random) {
      window.add(attempt.kind, at: Timestamp(microseconds: attempt.second * 1_000_000 + 7))
    }
    for offset in Int64(0)..<700 {
      let now = noon + .seconds(offset)
      // The window holds its whole lookback only as seen from its latest attempt on.
      guard now.second >= attempts.map(\.second).max() ?? 0 else { continue }
      #expect(
        window.evidence(at: now, bounds: bounds, from: 0) == evidence(attempts, at: now, bounds))
    }
  }

  /// Evenly spread faults, away from where one attempt more or less decides.
  @Test func aConstantRatioDoesNotFlap() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<60 {
      let pause = Int64.random(in: 1...6, using: &random)
      let attempts = Double(60 / pause)
      let share = Double.random(in: 0...1, using: &random)
      let margins = [0.1, 0.5].map { bound in
        share + 1.5 / attempts < bound || share - 1.5 / attempts > bound * 0.8
      }
      guard margins.allSatisfy({ $0 }) else { continue }
      let kind: AttemptKind = Bool.random(using: &random) ? .failure : .rateLimited
      var ward = Ward { $0.rateLimitedWeight = 1 }
      ward.traffic(.minutes(20), every: .seconds(pause)) { number in
        Int(Double(number + 1) * share) > Int(Double(number) * share) ? kind : .success
      }
      let settled = ward.transitions.filter { $0.at > noon + .minutes(5) }
      #expect(settled == [], "\(share) every \(pause) s")
    }
  }

  /// Faults at random: no change in half an hour where the ratio is not near a bound.
  @Test(arguments: [0.0, 0.02, 0.25, 0.3, 0.75, 0.9, 1])
  func aRandomRatioDoesNotFlap(share: Double) {
    var random = SeededRandom(seed: UInt64(share * 100))
    var ward = Ward()
    for _ in 0..<1800 {
      ward.now = ward.now + .seconds(1)
      for _ in 0..<3 {
        ward.attempt(Double.random(in: 0..<1, using: &random) < share ? .failure : .success)
      }
      ward.judge()
    }
    #expect(ward.transitions.count { $0.at > noon + .minutes(2) } == 0, "\(ward.levels)")
  }

  /// From the same state, more faults never look better and more successes never worse.
  @Test func levelsAreMonotoneInTheEvidence() {
    var random = SeededRandom(seed: 9)
    for _ in 0..<3000 {
      var state = HealthState()
      var stored = StoredHealth(scope: .provider, id: 2, provider: 2)
      stored.level = HealthLevel.allCases.randomElement(using: &random) ?? .healthy
      stored.lastEvidence = noon
      state = HealthState(stored)
      var window = EvidenceWindow(lookback: .minutes(5))
      var better = window
      let span = Int64.random(in: 1...300, using: &random)
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        let time = noon - .seconds(Int64.random(in: 0..<span, using: &random))
        let kind = Self.kinds.randomElement(using: &random) ?? .success
        window.add(kind, at: time)
        let isSpared = Int.random(in: 0..<8, using: &random) == 0
        better.add(isSpared ? .success : kind, at: time)
      }
      let levels = [window, better].map { window in
        var copy = state
        let evidence = window.evidence(at: noon, bounds: HealthBounds(), from: 0)
        _ = copy.judge(evidence, bounds: HealthBounds(), now: noon)
        return copy.level
      }
      // Few attempts leave an unknown level unknown.
      guard !levels.contains(.unknown) else { continue }
      #expect(levels[1].rawValue <= levels[0].rawValue)
    }
  }

  /// Random traffic, late and out of order, over outages, idle hours and steps of the clock.
  private func live(
    _ ward: inout Ward, seed: UInt64, restarts: Bool, clockSteps: Bool = false
  ) {
    var random = SeededRandom(seed: seed)
    var share = 0.0
    var rate = 1.0
    for _ in 0..<4000 {
      if Int.random(in: 0..<100, using: &random) == 0 {
        share = [0, 0.05, 0.2, 0.6, 1].randomElement(using: &random) ?? 0
        rate = [0.001, 0.1, 1, 3].randomElement(using: &random) ?? 1
      }
      let pause: TimeSpan =
        Int.random(in: 0..<500, using: &random) == 0 ? .minutes(20) : .seconds(1)
      let step = Int64.random(in: -900...900, using: &random)
      let isStep = clockSteps && Int.random(in: 0..<300, using: &random) == 0
      ward.now = ward.now + (isStep ? .seconds(step) : pause)
      for _ in 0..<4 where Double.random(in: 0..<4, using: &random) < rate {
        let kind: AttemptKind =
          Double.random(in: 0..<1, using: &random) < share
          ? .failure : Bool.random(using: &random) ? .success : .callerFault
        ward.attempt(kind, late: .milliseconds(Int64.random(in: 0...25_000, using: &random)))
      }
      let restart = Int.random(in: 0..<40, using: &random) == 0
      ward.judge()
      if restarts, restart { ward.restart() }
    }
  }

  @Test(arguments: 0..<6)
  func aRestartChangesNothing(seed: UInt64) {
    var (steady, restarted) = (Ward(), Ward())
    live(&steady, seed: seed, restarts: false)
    live(&restarted, seed: seed, restarts: true)
    #expect(steady.transitions.count > 3)
    #expect(restarted.transitions == steady.transitions)
    #expect(restarted.state == steady.state)
  }

  @Test(arguments: 0..<6)
  func timeNeverRunsBackwards(seed: UInt64) {
    var ward = Ward()
    live(&ward, seed: seed, restarts: true)
    let times = ward.transitions.map(\.at)
    #expect(times == times.sorted())
    #expect(times.allSatisfy { $0 <= ward.now })
    for (earlier, later) in zip(ward.transitions, ward.transitions.dropFirst()) {
      #expect(earlier.to == later.from && later.from != later.to)
    }
  }

  @Test(arguments: 0..<6)
  func whateverTheClockDoesItGoesOn(seed: UInt64) {
    var ward = Ward()
    live(&ward, seed: seed, restarts: false, clockSteps: true)
    #expect(ward.state.since.map { $0 <= ward.now } ?? true)
    ward.traffic(.minutes(3)) { _ in .success }
    #expect(ward.level == .healthy)
    ward.traffic(.minutes(3)) { _ in .failure }
    #expect(ward.level == .unhealthy)
  }
}
