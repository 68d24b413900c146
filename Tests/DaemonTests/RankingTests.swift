import Source
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// One run of the real proxy, read in both formats: the native numbers, whatever comes first.
@Suite struct RankingTests {
  private let native: [String]
  private let payload: [String]
  private let lab: LabLogTests
  /// Some hours after the run.
  private static let later = Timestamp(microseconds: 1_795_284_000_000_000)

  init() throws {
    native = try Captured.lines("lab/native.jsonl.gz")
    payload = try Captured.lines("lab/payload.jsonl.gz")
    lab = try LabLogTests()
  }

  /// A rig with a source for each file name, in this order, and a push.
  private func rig(
    _ names: [String], native: SourceOptions.Format = .auto, at start: Timestamp = later
  ) -> Rig {
    let rig = Rig(clock: ManualClock(start))
    rig.settings.sources = names.map { name in
      var options = SourceOptions(input: .files(glob: rig.scratch.file(name)))
      if name == "native.jsonl" { options.format = native }
      return options
    }
    rig.settings.sources.append(SourceOptions(input: .push))
    return rig
  }

  private func expectTruth(_ rig: Rig, _ sections: [LabLogTests.Section]) {
    for section in sections { #expect(lab.difference(rig.series, section) == [:], "\(section)") }
  }

  private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

  @Test(arguments: [["native.jsonl", "payload.jsonl"], ["payload.jsonl", "native.jsonl"]])
  func bothAtOnce(_ names: [String]) throws {
    let rig = rig(names)
    rig.scratch.write(text(native), to: "native.jsonl")
    rig.scratch.write(text(payload), to: "payload.jsonl")
    try rig.run()
    expectTruth(rig, LabLogTests.knownToNative)
    #expect(try rig.query("SELECT count(*) FROM held") == 0)
  }

  @Test func nativeThenPayload() throws {
    let rig = rig(["native.jsonl", "payload.jsonl"])
    rig.scratch.write(text(native), to: "native.jsonl")
    try rig.run()
    try rig.start()
    rig.clock.advance(.days(2))
    rig.scratch.write(text(payload), to: "payload.jsonl")
    try rig.run()
    rig.clock.advance(.hours(1))
    try rig.run()
    expectTruth(rig, LabLogTests.knownToNative)
    #expect(
      rig.series.counts("sidelight_source_events_total", by: "source")[
        rig.scratch.file("payload.jsonl")] == 0)
  }

  @Test func payloadThenNative() throws {
    let rig = rig(["native.jsonl", "payload.jsonl"])
    rig.scratch.write(text(payload), to: "payload.jsonl")
    try rig.run()
    rig.clock.advance(.hours(1))
    try rig.run()
    rig.scratch.write(text(native), to: "native.jsonl")
    try rig.run()
    rig.clock.advance(.hours(1))
    try rig.run()
    // What is counted is final, so the numbers are the payload's.
    expectTruth(rig, LabLogTests.knownToBoth)
  }

  @Test func payloadsThatWaitWhileAnImportAddsTheirNativeCopies() throws {
    let rig = rig(
      ["native.jsonl", "payload.jsonl"], native: .native,
      at: Timestamp(microseconds: 1_795_270_563_000_000))
    rig.settings.sources[1].settleAfter = .minutes(5)
    rig.scratch.write(text(payload), to: "payload.jsonl")
    try rig.run()
    #expect((try rig.query("SELECT count(*) FROM held") ?? 0) > 500)
    rig.scratch.write(text(native), to: "copy.jsonl")
    let desk = ImportDesk(scratch: rig.scratch, clock: rig.clock)
    let imported = try desk.run("copy.jsonl").requests
    rig.clock.advance(.minutes(6))
    try rig.run()
    #expect(try rig.query("SELECT count(*) FROM held") == 0)
    #expect(try rig.query("SELECT sum(requests) FROM rollup") == Int64(imported))
  }

  @Test func inOneGlobPayloadFirst() throws {
    let rig = rig(["*.jsonl"])
    rig.scratch.write(text(payload), to: "a.jsonl")
    rig.scratch.write(text(native), to: "b.jsonl")
    try rig.run()
    expectTruth(rig, LabLogTests.knownToBoth)
  }

  @Test func payloadsOfAnotherProxyAreCountedAfterAWhile() throws {
    let rig = rig(["native.jsonl", "payload.jsonl"], native: .native)
    rig.scratch.write(text(payload), to: "payload.jsonl")
    try rig.run()
    expectTruth(rig, LabLogTests.knownToBoth)
    #expect(try rig.query("SELECT count(*) FROM held") == 0)
  }

  // MARK: - Any interleaving

  private struct Arrival {
    var time: Timestamp
    var line: String
    var isNative: Bool
  }

  /// Native lines come within a minute, payloads within three of their end.
  private func arrivals(seed: UInt64) -> [Arrival] {
    var random = SeededRandom(seed: seed)
    func end(_ line: String, _ key: String) -> Timestamp {
      Timestamp(microseconds: billionths(RawJSON(line)[key] ?? "0") / 1000)
    }
    let lines =
      native.map { line in
        Arrival(
          time: end(line, "end") + .milliseconds(.random(in: 0...60_000, using: &random)),
          line: line, isNative: true)
      }
      + payload.map { line in
        Arrival(
          time: end(line, "endTime") + .milliseconds(.random(in: 0...180_000, using: &random)),
          line: line, isNative: false)
      }
    return lines.sorted { $0.time < $1.time }
  }

  /// Plays both logs in event time; payloads come through a file or are pushed.
  private func play(seed: UInt64) throws -> Rig {
    var random = SeededRandom(seed: seed)
    let arrivals = arrivals(seed: seed)
    let rig = rig(["payload.jsonl", "native.jsonl"], native: .native, at: arrivals[0].time)
    let pushing = Pushing(rig)
    try rig.start()
    var next = arrivals[...]
    while let first = next.first {
      let part = next.prefix(.random(in: 1...120, using: &random))
      next = next.dropFirst(part.count)
      let now = part.last?.time ?? first.time
      if now > rig.clock.now { rig.clock.advance(now - rig.clock.now) }
      let natives = part.filter(\.isNative).map(\.line)
      if !natives.isEmpty { rig.scratch.append(text(natives), to: "native.jsonl") }
      let payloads = part.filter { !$0.isNative }.map(\.line)
      if Bool.random(using: &random) {
        rig.scratch.append(text(payloads), to: "payload.jsonl")
      } else {
        let body = "[\(payloads.joined(separator: ","))]"
        pushing.post(body)
        // LiteLLM repeats batches; and so do others after a crash.
        if Bool.random(using: &random) { pushing.post(body) }
        if try mishap(rig, &random) { pushing.post(body) }
      }
      try rig.run()
      if Int.random(in: 0..<4, using: &random) == 0 { try rig.start() }
    }
    rig.clock.advance(.hours(1))
    try rig.run()
    return rig
  }

  /// Perhaps a commit that fails, or a crash before it.
  private func mishap(_ rig: Rig, _ random: inout SeededRandom) throws -> Bool {
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      try rig.start()
      return true
    case 1:
      _ = try rig.query("PRAGMA busy_timeout = 0")
      let other = try Database(path: rig.settings.ledger.path, access: .readWrite)
      try other.execute("BEGIN IMMEDIATE")
      do { _ = try rig.step() } catch { rig.failures += 1 }
      try other.execute("ROLLBACK")
      return true
    default: return false
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func anyInterleaving(seed: UInt64) throws {
    let rig = try play(seed: seed)
    expectTruth(rig, LabLogTests.knownToNative)
    #expect(rig.failures > 0)
    #expect(try rig.query("SELECT count(*) FROM held") == 0)
    #expect(try rig.query("SELECT sum(requests) FROM rollup") == Int64(try requests()))
  }

  private func requests() throws -> Int {
    native.count { $0.contains("\"kind\":\"request\"") }
  }
}
