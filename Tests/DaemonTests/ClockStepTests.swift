import Glibc
import Metrics
import Record
import Source
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// Somebody sets the system's clock by a day, to and fro: nothing is lost, nothing counted twice.
@Suite struct ClockStepTests {
  private static let day = TimeSpan.days(1)
  private static let back = TimeSpan.days(-1)

  /// A native line of a request that has just ended, by the clock as it is.
  private func request(
    _ id: String, at now: Timestamp, provider: String = "openai", _ rest: String = ""
  ) -> String {
    """
    {"kind":"request","id":"\(id)","start":\(now.seconds - 1),"end":\(now.seconds),\
    "outcome":"success","route":"r","provider":"\(provider)","model":"m","attempts":1,\
    "tokens":{"input":10,"output":5},"cost_usd":0.25\(rest)}

    """
  }

  private func payload(_ id: String, _ status: String, at now: Timestamp) -> String {
    """
    {"litellm_call_id":"\(id)","status":"\(status)","startTime":\(now.seconds - 1),\
    "endTime":\(now.seconds),"model_group":"r","model":"openai/m",\
    "custom_llm_provider":"openai","prompt_tokens":1,\
    "response_cost":\(status == "failure" ? "0.0" : "0.5"),\
    "error_information":{"error_code":"\(status == "failure" ? "500" : "")"}}

    """
  }

  private func requests(_ rig: Rig) -> [String: Int64] {
    rig.series.counts("llm_requests_total", by: "status")
  }

  // MARK: - Random courses

  /// What the lines written so far must come to.
  private struct Truth {
    var natives: Int64 = 0
    var answers: Int64 = 0
    var failures: Int64 = 0
    var repeated: [String] = []
  }

  /// Writes both formats, sets the clock, crashes, and writes some native lines a second time.
  private func play(seed: UInt64) throws -> (rig: Rig, truth: Truth) {
    var random = SeededRandom(seed: seed)
    let rig = Rig()
    rig.settings.sources = ["native.jsonl*", "payload.jsonl*"].map { name in
      var options = SourceOptions(input: .files(glob: rig.scratch.file(name)))
      options.format = name.hasPrefix("native") ? .native : .litellm
      return options
    }
    var truth = Truth()
    try rig.run()
    for number in 0..<80 {
      rig.clock.advance(.seconds(.random(in: 1...200, using: &random)))
      let now = rig.clock.now
      let line = request("n\(number)", at: now)
      truth.natives += 1
      truth.repeated.append(line)
      rig.scratch.append(line, to: "native.jsonl")
      if Bool.random(using: &random), let old = truth.repeated.randomElement(using: &random) {
        rig.scratch.append(old, to: "native.jsonl.1")
      }
      if Bool.random(using: &random) {
        truth.answers += 1
        rig.scratch.append(payload("p\(number)", "success", at: now), to: "payload.jsonl")
      } else {
        truth.failures += 1
        rig.scratch.append(payload("p\(number)", "failure", at: now), to: "payload.jsonl")
      }
      // Not always before the clock is set.
      if Bool.random(using: &random) {
        try rig.run()
        if Bool.random(using: &random) { try rig.start() }
      }
      try set(rig, &random)
    }
    for _ in 0..<4 {
      try rig.run()
      rig.clock.advance(.minutes(10))
    }
    return (rig, truth)
  }

  /// Perhaps sets the clock, and does what is done each minute.
  private func set(_ rig: Rig, _ random: inout SeededRandom) throws {
    switch rig.offset.microseconds.signum() {
    case 0 where Int.random(in: 0..<4, using: &random) == 0:
      rig.setClock(by: Bool.random(using: &random) ? Self.day : Self.back)
    case 1 where Int.random(in: 0..<3, using: &random) == 0: rig.setClock(by: Self.back)
    case -1 where Int.random(in: 0..<3, using: &random) == 0: rig.setClock(by: Self.day)
    default: return
    }
    // Whatever lies there unread, the clock is seen each second.
    _ = try rig.step()
    while try rig.ledger?.dropExpired(now: rig.clock.now) ?? false {}
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func nothingIsLostOrCountedTwice(seed: UInt64) throws {
    let (rig, truth) = try play(seed: seed)
    #expect(
      requests(rig) == ["success": truth.natives + truth.answers, "failure": truth.failures])
    // A line may be repeated when the clock is two days behind what it was at first.
    #expect(rig.problems.filter { $0.contains("not counted") && !$0.contains("l.1:") } == [])
    #expect(
      try rig.query("SELECT sum(requests) FROM rollup")
        == truth.natives + truth.answers + truth.failures)
    #expect(
      rig.series.sums("llm_cost_total", by: "none")[""]
        == truth.natives * 250_000_000 + truth.answers * 500_000_000)
    #expect(try rig.query("SELECT count(*) FROM held") == 0)
    #expect(try rig.query("SELECT count(*) FROM waiting WHERE settled = 0") == 0)
  }

  // MARK: - One thing each

  /// The daemon looks each second, whatever happens; the first time on another day it starts over.
  private func tick(_ rig: Rig) throws {
    try rig.run()
    rig.clock.advance(.seconds(1))
    try rig.run()
  }

  @Test func linesFromBeforeTheClockWasSetBackAreNoFuture() throws {
    let rig = Rig()
    rig.scratch.write(request("a", at: rig.clock.now), to: "a.jsonl")
    try rig.run()
    rig.scratch.append(request("b", at: rig.clock.now), to: "a.jsonl")
    rig.setClock(by: Self.back)
    try rig.run()
    #expect(requests(rig) == ["success": 2])
    // A start knows from the events themselves.
    rig.scratch.append(request("c", at: rig.clock.now + Self.day), to: "a.jsonl")
    try rig.start()
    try rig.run()
    #expect(requests(rig) == ["success": 3])
    rig.scratch.append(request("d", at: rig.clock.now + .days(2)), to: "a.jsonl")
    rig.clock.advance(.seconds(2))
    try rig.run()
    #expect(requests(rig) == ["success": 3])
    #expect(rig.series.counts("sidelight_source_rejected_total", by: "reason") == ["future": 1])
  }

  @Test func aFailureDoesNotWaitForADayMore() throws {
    let rig = Rig()
    rig.scratch.write(payload("a", "failure", at: rig.clock.now), to: "a.jsonl")
    try rig.run()
    rig.setClock(by: Self.back)
    try tick(rig)
    rig.clock.advance(.seconds(118))
    try rig.run()
    #expect(requests(rig) == [:])
    rig.clock.advance(.seconds(2))
    try rig.run()
    #expect(requests(rig) == ["failure": 1])
  }

  @Test func anAnswerAfterAStepIsJoinedToItsFailure() throws {
    for step in [Self.day, Self.back] {
      let rig = Rig()
      rig.scratch.write(payload("a", "failure", at: rig.clock.now), to: "a.jsonl")
      try rig.run()
      rig.setClock(by: step)
      try rig.run()
      rig.clock.advance(.seconds(5))
      // The proxy knows how long it took, whatever its clock says.
      let end = rig.clock.now - rig.offset
      rig.scratch.append(payload("a", "success", at: end), to: "a.jsonl")
      try rig.run()
      let series = rig.series
      #expect(series.counts("llm_requests_total", by: "none")[""] == 1)
      #expect(series.sums("llm_cost_total", by: "none")[""] == 500_000_000)
    }
  }

  @Test func aPayloadDoesNotWaitForItsNativeCopyADayMore() throws {
    let rig = Rig()
    rig.scratch.write(request("a", at: rig.clock.now), to: "a.jsonl")
    try rig.run()
    rig.scratch.append(payload("b", "success", at: rig.clock.now), to: "a.jsonl")
    rig.clock.advance(.seconds(1))
    try rig.run()
    #expect(try rig.query("SELECT count(*) FROM held") == 1)
    rig.setClock(by: Self.back)
    try tick(rig)
    rig.clock.advance(.minutes(2))
    try rig.run()
    #expect(requests(rig) == ["success": 2])
  }

  @Test func aRenamedFileIsReadOnThoughTheClockWentOn() throws {
    let rig = Rig()
    rig.scratch.write(request("a", at: rig.clock.now), to: "a.jsonl")
    try rig.run()
    #expect(rename(rig.scratch.file("a.jsonl"), rig.scratch.file("a.jsonl.1")) == 0)
    rig.scratch.write(request("b", at: rig.clock.now), to: "a.jsonl")
    rig.clock.advance(.seconds(2))
    try rig.run()
    rig.setClock(by: Self.day)
    for _ in 0..<3 {
      rig.clock.advance(.seconds(20))
      try rig.run()
    }
    // Its writer has not reopened the log yet.
    rig.scratch.append(request("c", at: rig.clock.now), to: "a.jsonl.1")
    rig.clock.advance(.seconds(2))
    try rig.run()
    #expect(requests(rig) == ["success": 3])
  }

  @Test func identitiesOutliveAClockThatWasADayAhead() throws {
    let rig = Rig()
    let old = request("a", at: rig.clock.now)
    rig.scratch.write(old, to: "a.jsonl")
    try rig.run()
    rig.clock.advance(.hours(156))
    rig.setClock(by: Self.day)
    while try #require(rig.ledger).dropExpired(now: rig.clock.now) {}
    rig.setClock(by: Self.back)
    rig.scratch.write(old, to: "b.jsonl")
    try rig.run()
    #expect(requests(rig) == ["success": 1])
    #expect(rig.series.counts("sidelight_source_duplicates_total", by: "none")[""] == 1)
  }

  @Test func gaugesOfTheLastHourAreRightAgainAtOnce() throws {
    let rig = Rig()
    rig.scratch.write(request("a", at: rig.clock.now), to: "a.jsonl")
    try rig.run()
    let limits = ",\"rate_limit\":{\"remaining_requests\":"
    rig.setClock(by: Self.day)
    rig.scratch.append(request("b", at: rig.clock.now, limits + "1}"), to: "a.jsonl")
    try rig.run()
    #expect(try gauges(rig).sums("llm_cost_last_hour", by: "provider") == ["openai": 250_000_000])
    #expect(try gauges(rig).counts("llm_rate_limit_remaining", by: "kind") == ["requests": 1])
    rig.setClock(by: Self.back)
    rig.clock.advance(.minutes(1))
    rig.scratch.append(request("c", at: rig.clock.now, limits + "2}"), to: "a.jsonl")
    try rig.run()
    // What was counted before and after, not the hour in between that never was.
    #expect(try gauges(rig).sums("llm_cost_last_hour", by: "provider") == ["openai": 500_000_000])
    #expect(try gauges(rig).counts("llm_rate_limit_remaining", by: "kind") == ["requests": 2])
    rig.clock.advance(.minutes(3))
    #expect(try gauges(rig).counts("llm_rate_limit_remaining", by: "kind") == [:])
  }

  private func gauges(_ rig: Rig) throws -> Series {
    let live = try #require(rig.publisher?.live.withLock { $0 })
    let registry = Registry()
    registry.addCollector { samples in
      Collectors.collectRecent(live, into: &samples)
      Collectors.collectRateLimits(live, into: &samples)
    }
    return Series(String(decoding: registry.render(.text, now: rig.clock.now), as: UTF8.self))
  }

  @Test func aLabelValueThatMadeRoomReturnsWithItsSums() throws {
    let rig = Rig()
    rig.scratch.write(request("a", at: rig.clock.now, provider: "groq"), to: "a.jsonl")
    try rig.run()
    rig.clock.advance(.days(30))
    rig.setClock(by: Self.day)
    rig.scratch.append(request("b", at: rig.clock.now), to: "a.jsonl")
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "provider") == ["openai": 1])
    rig.setClock(by: Self.back)
    rig.scratch.append(request("c", at: rig.clock.now, provider: "groq"), to: "a.jsonl")
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "provider") == ["groq": 2, "openai": 1])
  }
}
