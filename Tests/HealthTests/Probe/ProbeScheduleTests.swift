import Support
import Testing

@testable import Health

@Suite struct ProbeScheduleTests {
  private let start = Timestamp(microseconds: 0)

  private func schedule(_ mode: ProxyOptions.Mode) -> ProbeSchedule {
    ProbeSchedule(ProxyOptions(), mode: mode, now: start)
  }

  /// Answers everything that comes up within `span`, and tells when what was asked.
  private func run(
    _ schedule: inout ProbeSchedule, for span: TimeSpan, answers: (Probe, Timestamp) -> Bool
  ) -> [Probe: [Int64]] {
    var asked: [Probe: [Int64]] = [:]
    var now = start
    while now - start <= span {
      for probe in schedule.begin(now) {
        asked[probe, default: []].append(now.microseconds / 1_000_000)
        schedule.end(probe, succeeded: answers(probe, now), now)
      }
      now = now + .seconds(1)
    }
    return asked
  }

  @Test func basicAsksForNothingThatCosts() {
    var schedule = schedule(.basic)
    let asked = run(&schedule, for: .seconds(40)) { _, _ in true }
    #expect(
      asked == [
        .liveliness: [0, 15, 30], .readiness: [0, 15, 30], .details: [1], .models: [1],
      ])
    #expect(run(&schedule, for: .minutes(20)) { _, _ in true }[.models] == [301, 601, 901])
  }

  @Test func offAsksNothing() {
    var schedule = schedule(.off)
    #expect(schedule.begin(start).isEmpty)
    #expect(schedule.next == nil)
  }

  @Test func cachedAsksEveryInterval() {
    var schedule = schedule(.cached)
    #expect(run(&schedule, for: .seconds(40)) { _, _ in true }[.health] == [1, 16, 31])
  }

  @Test func liveKeepsToItsOwnInterval() {
    var schedule = schedule(.live)
    #expect(run(&schedule, for: .seconds(901)) { _, _ in true }[.health] == [60, 360, 660])
  }

  @Test func whatFailsWaitsLongerEachTime() {
    var schedule = schedule(.cached)
    let asked = run(&schedule, for: .minutes(30)) { probe, _ in probe.isBasic }
    #expect(asked[.health] == [1, 16, 46, 106, 226, 466, 766, 1066, 1366, 1666])
    #expect(asked[.models] == asked[.health])
    #expect(asked[.liveliness]?.count == 121)
  }

  @Test func billedCallsThatFailAreNotRepeatedSoon() {
    var schedule = schedule(.live)
    let asked = run(&schedule, for: .hours(3)) { probe, _ in probe != .health }
    #expect(asked[.health] == [60, 360, 960, 2160, 4560, 8160])
  }

  @Test func nothingElseIsAskedOfADeadProxy() {
    var schedule = schedule(.cached)
    let asked = run(&schedule, for: .seconds(60)) { _, now in now >= self.start + .seconds(40) }
    #expect(asked[.liveliness] == [0, 15, 30, 45, 60])
    #expect(asked[.models] == [46])
    #expect(asked[.health] == [46])
  }

  @Test func comingUpAsksForTheModelsAtOnceButBillsNothing() {
    for mode in [ProxyOptions.Mode.cached, .live] {
      var schedule = schedule(mode)
      _ = run(&schedule, for: .seconds(2)) { _, _ in true }
      let now = start + .seconds(3)
      #expect(schedule.begin(now).isEmpty)
      schedule.cameUp(now)
      #expect(schedule.begin(now) == [.details, .models] + (mode == .cached ? [.health] : []))
    }
  }

  @Test func whatIsUnderWayIsNotAskedTwice() {
    var schedule = schedule(.basic)
    #expect(schedule.begin(start) == [.liveliness, .readiness])
    #expect(schedule.begin(start + .hours(1)).isEmpty)
    #expect(schedule.isWaiting)
    #expect(schedule.next == nil)
    schedule.end(.liveliness, succeeded: true, start + .seconds(5))
    #expect(schedule.next == start)
    #expect(schedule.begin(start + .seconds(5)) == [.details, .models])
    #expect(schedule.next == start + .seconds(20))
  }
}
