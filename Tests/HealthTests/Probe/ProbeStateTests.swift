import Support
import Testing

@testable import Health

@Suite struct ProbeStateTests {
  private var state = ProbeState(
    ProxyView(),
    ProbeSchedule(ProxyOptions(), mode: .cached, now: Timestamp(microseconds: 0)))

  @discardableResult
  private mutating func end(
    _ probe: Probe, _ answer: ProbeAnswer?, at second: Int64 = 0
  ) -> [ProbeState.News] {
    let time = Timestamp(microseconds: second * 1_000_000)
    let outcome: ProbeState.Outcome =
      answer.map { .success($0) } ?? .failure(ProbeAnswer.Problem("fails"))
    return state.end(probe, outcome, took: .milliseconds(7), now: time, time: time)
  }

  private let list = [
    ProxyView.Deployment(id: "a", route: "r", provider: "azure", model: "m"),
    ProxyView.Deployment(id: "b", route: "r", provider: "azure", model: "m"),
    ProxyView.Deployment(id: "c", route: "s", provider: "groq", model: "n"),
  ]

  @Test mutating func upNeedsBoth() {
    #expect(end(.liveliness, .alive) == [])
    #expect(state.view.isUp == nil)
    #expect(end(.readiness, .ready(version: "1.2")) == [.up(version: "1.2")])
    #expect(state.view.isUp == true)
    #expect(end(.readiness, nil) == [.down("/health/readiness fails")])
    #expect(state.view.isUp == false)
    #expect(end(.liveliness, nil) == [])
    #expect(end(.readiness, .ready(version: nil)) == [])
    #expect(state.view.isUp == false)
    #expect(end(.liveliness, .alive, at: 9) == [.up(version: "1.2")])
    #expect(state.view.askedAt == Timestamp(microseconds: 9_000_000))
    #expect(state.durations[.liveliness] == .milliseconds(7))
  }

  @Test mutating func oneFailureIsDown() {
    #expect(end(.liveliness, nil) == [.down("/health/liveliness fails")])
    #expect(state.view.isUp == false)
    #expect(state.view.askedAt != nil)
  }

  @Test mutating func problemsAreToldOnceAndTheirEndToo() {
    #expect(end(.models, nil) == [.refused(.models, "fails")])
    #expect(end(.models, nil) == [])
    #expect(end(.models, .models([])) == [.answered(.models)])
    #expect(end(.models, .models([])) == [])
  }

  @Test mutating func detailsAreNotMissedWhereTheVersionIsKnown() {
    #expect(end(.details, nil) == [.refused(.details, "fails")])
    end(.readiness, .ready(version: "1.2"))
    end(.details, .details(version: nil))
    #expect(end(.details, nil) == [])
    #expect(state.view.version == "1.2")
  }

  @Test mutating func whatIsKnownIsKeptWithItsAge() {
    end(.models, .models(list), at: 1)
    end(.health, .health([.init(deployment: "c", model: "", isUp: false)]), at: 2)
    for probe in Probe.allCases { end(probe, nil, at: 100) }
    #expect(state.view.deployments == list)
    #expect(state.view.listedAt == Timestamp(microseconds: 1_000_000))
    #expect(state.view.verdict(on: "groq")?.verdict == .allDown)
    #expect(state.view.verdict(on: "groq")?.at == Timestamp(microseconds: 2_000_000))
    // The first round in the background is under way again after a restart.
    end(.health, .health([]), at: 200)
    #expect(state.view.checkedAt == Timestamp(microseconds: 2_000_000))
  }

  @Test mutating func checksAreJoinedInWhicheverOrder() {
    let checks = [
      ProbeAnswer.Check(deployment: "a", model: "wrong/m", isUp: true),
      ProbeAnswer.Check(deployment: "b", model: "azure/m", isUp: false, status: 500),
      ProbeAnswer.Check(deployment: "x", model: "gemini/p", isUp: false),
      ProbeAnswer.Check(deployment: "", model: "bare", isUp: true),
    ]
    end(.health, .health(checks))
    #expect(state.view.checks.map(\.provider) == ["wrong", "azure", "gemini", ""])
    end(.models, .models(list))
    #expect(
      state.view.checks == [
        .init(deployment: "a", provider: "azure", isUp: true),
        .init(deployment: "b", provider: "azure", isUp: false, status: 500),
        .init(deployment: "", provider: "gemini", isUp: false),
        .init(deployment: "", provider: "", isUp: true),
      ])
    #expect(state.view.verdict(on: "azure")?.verdict == .someDown)
  }
}
