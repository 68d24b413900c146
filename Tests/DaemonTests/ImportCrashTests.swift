import Config
import Metrics
import Record
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// Imports that are cut off, and imports beside a daemon.
@Suite struct ImportCrashTests {
  /// Requests over two days and two files: pairs across batches and files, failures without answer,
  /// late answers, young ones twice.
  private func write(to scratch: Scratch, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var lines: [(age: TimeSpan, text: String)] = []
    for number in 0..<120 {
      let age =
        TimeSpan.days(number % 3 == 0 ? 2 : 40)
        + .seconds(Int64.random(in: 0..<3600, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: lines.append((age, ImportLine.failure("p\(number)", age: age)))
      case 1:
        let answer = age - .seconds(Int64.random(in: 1...60, using: &random))
        lines.append((age, ImportLine.failure("p\(number)", age: age)))
        lines.append((answer, ImportLine.success("p\(number)", age: answer)))
      case 2: lines.append((age, ImportLine.success("p\(number)", age: age)))
      default:
        lines.append((age, ImportLine.native("n\(number)", age: age, model: "m\(number % 7)")))
      }
    }
    lines.sort { ($1.age, $0.text) < ($0.age, $1.text) }
    let half = lines.count / 2
    scratch.write(lines[..<half].map(\.text).joined(), to: "a.jsonl")
    scratch.write(lines[half...].map(\.text).joined(), to: "b.jsonl")
  }

  @Test(arguments: 1...12)
  func aCrashAnywhereChangesNothing(seed: UInt64) throws {
    let whole = ImportDesk()
    write(to: whole.scratch, seed: seed)
    try whole.run("a.jsonl", "b.jsonl")
    let expected = try whole.contents()

    let cut = ImportDesk()
    write(to: cut.scratch, seed: seed)
    var random = SeededRandom(seed: seed &* 31)
    var crashes = 0
    while crashes < 40 {
      cut.pace = ImportPace(
        lines: Int64.random(in: 1...20, using: &random),
        rows: Int.random(in: 1...12, using: &random))
      let last = Int.random(in: 1...4, using: &random)
      var isCut = false
      try cut.run("a.jsonl", "b.jsonl") { batches in
        isCut = batches == last
        return isCut
      }
      if !isCut { break }
      crashes += 1
    }
    #expect(crashes > 0)
    try cut.run("a.jsonl", "b.jsonl")
    #expect(try cut.contents() == expected)
    #expect(try cut.number("SELECT count(*) FROM import_run") == 0)
    #expect(try cut.run("a.jsonl", "b.jsonl", force: true).requests == 0)
    #expect(try cut.contents() == expected)
  }

  @Test func aFailureThatWaitsOutlivesACrash() throws {
    let desk = ImportDesk()
    desk.pace = ImportPace(lines: 1, rows: 1)
    desk.scratch.write(
      ImportLine.failure("x", age: .days(40)) + ImportLine.failure("y", age: .days(40))
        + ImportLine.native("z", age: .days(40) - .seconds(2))
        + ImportLine.success("x", age: .days(40) - .seconds(4)), to: "a.jsonl")
    try desk.run("a.jsonl") { $0 == 3 }
    #expect(try desk.number("SELECT count(*) FROM import_waiting") == 2)
    // Another command leaves them alone.
    desk.scratch.write(ImportLine.success("y", age: .days(50)), to: "other.jsonl")
    #expect(try desk.run("other.jsonl").requests == 1)
    #expect(try desk.number("SELECT count(*) FROM import_waiting") == 2)
    #expect(try desk.run("a.jsonl").requests == 2)
    #expect(try desk.number("SELECT sum(fallbacks) FROM rollup") == 1)
    #expect(try desk.number("SELECT sum(requests) FROM rollup WHERE status = 3") == 1)
    #expect(try desk.requests() == 4)
  }

  @Test func theDaysOfACutImportAreItsOwn() throws {
    let desk = ImportDesk()
    desk.pace = ImportPace(lines: 2, rows: 1)
    let lines = (0..<9).map { ImportLine.native("a\($0)", age: .days(40)) }
    desk.scratch.write(lines[..<5].joined(), to: "a.jsonl")
    desk.scratch.write(lines[5...].joined(), to: "b.jsonl")
    try desk.run("a.jsonl", "b.jsonl") { $0 == 2 }
    #expect(try desk.requests() == 4)
    #expect(try desk.run("b.jsonl").requests == 4)
    #expect(try desk.run("a.jsonl").requests == 1)
    #expect(try desk.run("a.jsonl", "b.jsonl").requests == 0)
    #expect(try desk.requests() == 9)
  }

  @Test func aForcedImportThatIsCutGoesOn() throws {
    let desk = ImportDesk()
    desk.pace = ImportPace(lines: 2, rows: 1)
    desk.scratch.write(ImportLine.native("a", age: .days(40)), to: "a.jsonl")
    try desk.run("a.jsonl")
    desk.scratch.write(
      (0..<9).map { ImportLine.native("b\($0)", age: .days($0 % 2 == 0 ? 40 : 41)) }.joined(),
      to: "b.jsonl")
    #expect(try desk.run("b.jsonl").requests == 4)
    try desk.run("b.jsonl", force: true) { $0 == 2 }
    #expect(try desk.requests() == 7)
    #expect(try desk.run("b.jsonl", force: true).requests == 3)
    #expect(try desk.run("b.jsonl", force: true).requests == 0)
    #expect(try desk.requests() == 10)
  }

  @Test func whatADaemonHasReadIsKnownAndTheOtherWayRound() throws {
    let rig = Rig()
    let desk = ImportDesk(scratch: rig.scratch, clock: rig.clock)
    let lines = (0..<6).map { ImportLine.native("a\($0)", age: .hours(3)) }
    rig.scratch.write(lines[..<3].joined(), to: "live.jsonl")
    try rig.run()
    rig.scratch.write(lines.joined(), to: "copy.past")
    let report = try desk.run("copy.past")
    #expect(report.requests == 3 && report.duplicates == 3)
    rig.scratch.append(lines[3...].joined(), to: "live.jsonl")
    rig.clock.advance(.seconds(2))
    rig.pipeline?.inputs.forEach { $0.requestScan() }
    try rig.run()
    let samples = rig.series.samples
    #expect(samples["sidelight_source_duplicates_total{source=\"LOG\"}"] == 3_000_000_000)
    #expect(samples["sidelight_imported_requests_total"] == 3_000_000_000)
    #expect(try rig.query("SELECT sum(requests) FROM rollup") == 6)
    #expect(try rig.query("SELECT count(*) FROM request") == 6)
  }

  @Test func aDaemonWithoutWorkShowsWhatWasImported() throws {
    let rig = Rig()
    try rig.run()
    #expect(rig.series.samples["sidelight_imported_requests_total"] == nil)
    let desk = ImportDesk(scratch: rig.scratch, clock: rig.clock)
    rig.scratch.write(ImportLine.native("a", age: .days(40), model: "old-model"), to: "a.past")
    try desk.run("a.past")
    try rig.run()
    #expect(rig.series.samples["sidelight_imported_requests_total"] == 1_000_000_000)
    // The id that the import gave stays its model's.
    rig.scratch.write(ImportLine.native("b", age: .hours(1), model: "new-model"), to: "b.jsonl")
    rig.clock.advance(.seconds(2))
    rig.pipeline?.inputs.forEach { $0.requestScan() }
    try rig.run()
    #expect(
      try desk.contents() == """
        1990896 2 openai old-model - svc - 1 10 5 1000000 0 0 2000000
        1994732 2 openai new-model - svc - 1 10 5 1000000 0 0 2000000
        imported 1
        """)
    #expect(rig.series.samples["sidelight_imported_requests_total"] == 1_000_000_000)
  }

  @Test func labelsThatADaemonAddsMeanwhileKeepTheirIDs() throws {
    let rig = Rig()
    try rig.run()
    let desk = ImportDesk(scratch: rig.scratch, clock: rig.clock)
    desk.pace = ImportPace(lines: 1, rows: 4)
    rig.scratch.write(
      (0..<8).map { ImportLine.native("a\($0)", age: .days(40), model: "old-\($0)") }.joined(),
      to: "a.past")
    let report = try desk.run("a.past") { batches in
      guard batches == 2 else { return false }
      rig.scratch.write(
        ImportLine.native("b", age: .hours(1), model: "new-model"), to: "b.jsonl")
      rig.clock.advance(.seconds(2))
      rig.pipeline?.inputs.forEach { $0.requestScan() }
      #expect(throws: Never.self) { try rig.run() }
      return false
    }
    #expect(report.requests == 8 && report.lines == 8 && report.files == 1)
    let rows = (0..<8).map {
      "1990896 2 openai old-\($0) - svc - 1 10 5 1000000 0 0 2000000"
    }
    #expect(
      try desk.contents()
        == (rows + [
          "1994732 2 openai new-model - svc - 1 10 5 1000000 0 0 2000000", "imported 8",
        ]).joined(separator: "\n"))
  }
}
