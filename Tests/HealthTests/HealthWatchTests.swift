import Record
import Support
import Testing

@testable import Health

@Suite struct HealthWatchTests {
  private static func name(_ id: UInt32) -> String { id == 3 ? "azure" : "openai" }

  private func attempt(
    _ provider: UInt32, _ deployment: UInt32 = 0, _ kind: AttemptKind = .success,
    at end: Timestamp = noon, reason: Reason? = nil
  ) -> HealthWatch.Attempt {
    HealthWatch.Attempt(
      provider: provider, deployment: deployment, model: 7, route: 8, end: end, kind: kind,
      reason: reason)
  }

  private func levels(_ watch: HealthWatch) -> [String: HealthLevel] {
    var levels: [String: HealthLevel] = [:]
    for subject in watch.subjects { levels["\(subject.scope) \(subject.id)"] = subject.state.level }
    return levels
  }

  @Test func providersAndDeploymentsHaveTheirOwnHealth() {
    var watch = HealthWatch(options: HealthOptions())
    for second in 0..<60 {
      let now = noon + .seconds(Int64(second))
      watch.observe(attempt(2, 20, at: now), now: now, name: Self.name)
      watch.observe(
        attempt(2, 21, .failure, at: now, reason: .credentials), now: now, name: Self.name)
      watch.observe(attempt(3, 30, at: now), now: now, name: Self.name)
      _ = watch.judge(at: now)
    }
    #expect(
      levels(watch) == [
        "provider 2": .unhealthy, "deployment 20": .healthy, "deployment 21": .unhealthy,
        "provider 3": .healthy, "deployment 30": .healthy,
      ])
    let down = watch.subjects.first { $0.id == 21 }
    #expect(down?.lastReason == .credentials && down?.lastFault == noon + .seconds(59))
    #expect(down?.provider == 2 && down?.model == 7 && down?.route == 8)
    #expect(watch.subjects.first?.errorRatio == 0.5)
  }

  @Test func nobodyHasNoHealth() {
    var watch = HealthWatch(options: HealthOptions())
    watch.observe(attempt(0, 0), now: noon, name: Self.name)
    watch.observe(attempt(1, 1), now: noon, name: Self.name)
    watch.know(provider: 1, name: Self.name)
    watch.know(deployment: 0, provider: 2, model: 0, route: 0, name: Self.name)
    #expect(watch.subjects.isEmpty)
  }

  @Test func whatIsKnownBeforeItsFirstAttemptIsUnknown() {
    var watch = HealthWatch(options: HealthOptions())
    watch.know(provider: 2, name: Self.name)
    watch.know(deployment: 20, provider: 2, model: 7, route: 8, name: Self.name)
    #expect(watch.judge(at: noon) == [])
    #expect(levels(watch) == ["provider 2": .unknown, "deployment 20": .unknown])
    watch.probe(.provider, 2, ProbeVerdict(level: .degraded, at: noon))
    watch.probe(.provider, 99, ProbeVerdict(level: .degraded, at: noon))
    #expect(watch.isDue(at: noon + .seconds(1)))
    #expect(watch.judge(at: noon + .seconds(1)).map(\.change.to) == [.degraded])
    #expect(watch.subjects.first?.state.origin == .probe)
  }

  @Test func boundsMayDifferByProvider() {
    var options = HealthOptions()
    options.providers["azure"] = options.bounds
    options.providers["azure"]?.minAttempts = 20
    var watch = HealthWatch(options: options)
    for _ in 0..<10 {
      for provider: UInt32 in [2, 3] {
        watch.observe(attempt(provider, provider * 10, .failure), now: noon, name: Self.name)
      }
    }
    _ = watch.judge(at: noon)
    #expect(
      levels(watch) == [
        "provider 2": .unhealthy, "deployment 20": .unhealthy, "provider 3": .unknown,
        "deployment 30": .unknown,
      ])
  }

  @Test func itIsJudgedOnceASecond() {
    var watch = HealthWatch(options: HealthOptions())
    #expect(watch.judge(at: noon) == [])
    watch.observe(attempt(2), now: noon, name: Self.name)
    #expect(!watch.isDue(at: noon + .milliseconds(999)))
    #expect(watch.judge(at: noon + .milliseconds(999)) == [])
    #expect(watch.isDue(at: noon + .milliseconds(1000)))
    #expect(watch.judge(at: noon + .milliseconds(1000)).count == 1)
    #expect(!watch.isDue(at: noon + .milliseconds(2000)))
  }

  @Test func aSenderAheadOfTimeHasNoFuture() {
    var watch = HealthWatch(options: HealthOptions())
    for _ in 0..<5 {
      watch.observe(attempt(2, 0, .failure, at: noon + .minutes(50)), now: noon, name: Self.name)
    }
    _ = watch.judge(at: noon)
    #expect(levels(watch) == ["provider 2": .unhealthy])
    #expect(watch.subjects.first?.lastFault == noon)
  }

  @Test func aClockThatIsCorrectedStandsStill() {
    var watch = HealthWatch(options: HealthOptions())
    watch.observe(attempt(2), now: noon, name: Self.name)
    _ = watch.judge(at: noon)
    #expect(watch.judge(at: noon - .seconds(60)) == [])
    #expect(watch.judgedAt == noon)
  }

  @Test func aClockThatIsSetBackTakesTheEvidenceWithIt() {
    var watch = HealthWatch(options: HealthOptions())
    for _ in 0..<5 { watch.observe(attempt(2, 0, .failure), now: noon, name: Self.name) }
    _ = watch.judge(at: noon)
    let earlier = noon - .hours(1)
    _ = watch.judge(at: earlier)
    #expect(watch.judgedAt == earlier)
    let subject = watch.subjects.first
    #expect(subject?.state.level == .unhealthy && subject?.state.since == earlier)
    #expect(subject?.evidence == Evidence())
    #expect(watch.judge(at: earlier + .minutes(15)).map(\.change.to) == [.unknown])
  }

  @Test func aRestartAfterTheClockWasSetBackForgetsInTime() {
    var ward = Ward()
    ward.traffic(.seconds(60)) { _ in .failure }
    ward.now = ward.now - .days(1)
    ward.restart()
    ward.pass(.seconds(1))
    #expect(ward.level == .unhealthy && ward.state.since.map { $0 <= ward.now } == true)
    ward.pass(.minutes(15))
    #expect(ward.level == .unknown)
  }

  @Test func onlyWhatChangedIsWritten() {
    var watch = HealthWatch(options: HealthOptions())
    for id: UInt32 in 2..<100 { watch.observe(attempt(id), now: noon, name: Self.name) }
    _ = watch.judge(at: noon)
    #expect(watch.takeChanges().states.count == 98)
    #expect(watch.takeChanges() == HealthChanges())
    for _ in 0..<3 { watch.observe(attempt(7), now: noon, name: Self.name) }
    let changes = watch.takeChanges()
    #expect(changes.states.map(\.id) == [7])
    #expect(changes.evidence.map(\.counts.successes) == [4])
    _ = watch.judge(at: noon + .seconds(1))
    #expect(watch.takeChanges() == HealthChanges())
  }
}
