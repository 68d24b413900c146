import Ledger
import Source
import Support
import TestSupport
import Testing

@testable import Daemon

/// One run of the real proxy in both formats, imported: the native numbers.
@Suite struct ImportRankingTests {
  private let native: String
  private let payload: String
  /// Hours after the run, and weeks.
  private static let soon = Timestamp(microseconds: 1_795_284_000_000_000)
  private static let late = soon + .days(40)

  init() throws {
    native = try Captured.lines("lab/native.jsonl.gz").joined(separator: "\n") + "\n"
    payload = try Captured.lines("lab/payload.jsonl.gz").joined(separator: "\n") + "\n"
  }

  private func desk(_ now: Timestamp) -> ImportDesk {
    let desk = ImportDesk(clock: ManualClock(now))
    desk.scratch.write(native, to: "native.jsonl")
    desk.scratch.write(payload, to: "a-payload.jsonl")
    return desk
  }

  private func nativeAlone(_ now: Timestamp) throws -> String {
    let desk = desk(now)
    try desk.run("native.jsonl")
    return try desk.contents()
  }

  @Test(arguments: [soon, late]) func bothAtOnce(now: Timestamp) throws {
    let desk = desk(now)
    let report = try desk.run("a-payload.jsonl", "native.jsonl")
    #expect(try desk.contents() == nativeAlone(now))
    #expect(report.duplicates > 500 && report.skipped.isEmpty)
    #expect(try desk.run("a-payload.jsonl", "native.jsonl").requests == 0)
    #expect(try desk.number("SELECT count(*) FROM import_identity") == 0)
  }

  /// Requests that no native line tells of are added.
  @Test(arguments: [soon, late]) func whatIsNoCopyCounts(now: Timestamp) throws {
    let desk = desk(now)
    let end = now - .hours(5)
    desk.scratch.append(
      """
      {"litellm_call_id":"other","status":"success","startTime":\(end.seconds - 1),\
      "endTime":\(end.seconds),"model_group":"r","custom_llm_provider":"openai","model":"m"}

      """, to: "a-payload.jsonl")
    try desk.run("a-payload.jsonl", "native.jsonl")
    let alone = self.desk(now)
    try alone.run("native.jsonl")
    #expect(try desk.requests() == alone.requests() + 1)
  }

  @Test(arguments: [soon, late]) func aRehearsalSaysTheSame(now: Timestamp) throws {
    let rehearsal = try desk(now).run("a-payload.jsonl", "native.jsonl", isRehearsal: true)
    let report = try desk(now).run("a-payload.jsonl", "native.jsonl")
    #expect(rehearsal.requests == report.requests && rehearsal.duplicates == report.duplicates)
    #expect(rehearsal.skipped == report.skipped)
  }

  @Test(arguments: [soon, late]) func nativeFirst(now: Timestamp) throws {
    let desk = desk(now)
    try desk.run("native.jsonl")
    #expect(try desk.run("a-payload.jsonl").requests == 0)
    #expect(try desk.contents() == nativeAlone(now))
  }

  /// What is counted is final.
  @Test(arguments: [soon, late]) func payloadFirst(now: Timestamp) throws {
    let desk = desk(now)
    try desk.run("a-payload.jsonl")
    let before = try desk.requests()
    try desk.run("native.jsonl")
    let alone = try nativeAlone(now).split(separator: "\n").last ?? ""
    #expect(try "imported \(desk.requests())" == alone)
    #expect(before > 500)
  }

  @Test(arguments: [soon, late], 1...3 as ClosedRange<UInt64>)
  func aCrashAnywhereChangesNothing(now: Timestamp, seed: UInt64) throws {
    let desk = desk(now)
    var random = SeededRandom(seed: seed)
    for _ in 0..<12 {
      desk.pace = ImportPace(lines: Int64.random(in: 1...200, using: &random), rows: 20)
      let last = Int.random(in: 1...6, using: &random)
      try desk.run("a-payload.jsonl", "native.jsonl") { $0 == last }
    }
    desk.pace = ImportPace(lines: 2048, rows: 8192)
    try desk.run("a-payload.jsonl", "native.jsonl")
    #expect(try desk.contents() == nativeAlone(now))
  }

  @Test func aContainersLogIsUnwrapped() throws {
    let lines = native.split(separator: "\n")
    let framed = lines.enumerated().map { number, line in
      let (half, time) = (line.count / 2, "2026-11-21T14:00:00.123456789Z")
      return number % 3 == 0
        ? "\(time) stdout P \(line.prefix(half))\n\(time) stderr F noise\n"
          + "\(time) stdout F \(line.dropFirst(half))\n" : "\(time) stdout F \(line)\n"
    }
    let desk = desk(Self.soon)
    // The writer is in the middle of a line.
    let cut = framed.joined().utf8.count / 2
    desk.scratch.write(String(framed.joined().prefix(cut)), to: "container.log")
    try desk.run("container.log")
    desk.scratch.append(String(framed.joined().dropFirst(cut)), to: "container.log")
    try desk.run("container.log")
    #expect(try desk.contents() == nativeAlone(Self.soon))
  }
}
