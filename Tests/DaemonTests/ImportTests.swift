import Glibc
import Record
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

@Suite struct ImportTests {
  private let desk = ImportDesk()
  private var scratch: Scratch { desk.scratch }

  private func lines(_ prefix: String, _ range: Range<Int>, age: TimeSpan) -> String {
    range.map { ImportLine.native("\(prefix)\($0)", age: age) }.joined()
  }

  @Test func historyGoesIntoRollupsAndOneCounterOnly() throws {
    scratch.write(lines("a", 0..<3, age: .days(40)), to: "old.jsonl")
    let report = try desk.run("old.jsonl")
    #expect(report.requests == 3 && report.lines == 3 && report.files == 1)
    #expect(report.duplicates == 0 && report.skipped.isEmpty && report.rejected.isEmpty)
    #expect(
      try desk.contents() == """
        1990896 2 openai gpt-4o - svc - 3 30 15 3000000 0 0 6000000
        imported 3
        """)
    #expect(try desk.otherSeries() == 0)
    #expect(try desk.number("SELECT count(*) FROM request") == 0)
    #expect(try desk.number("SELECT count(*) FROM identity") == 0)
  }

  @Test func theYoungHaveDetailsAndIdentitiesToo() throws {
    scratch.write(lines("a", 0..<3, age: .hours(30)), to: "young.jsonl")
    #expect(try desk.run("young.jsonl").requests == 3)
    #expect(try desk.number("SELECT count(*) FROM request") == 3)
    #expect(try desk.number("SELECT count(*) FROM identity") == 3)
    #expect(try desk.otherSeries() == 0)
  }

  @Test(arguments: [TimeSpan.hours(30), .days(40)])
  func theSameCommandAgainAddsNothing(age: TimeSpan) throws {
    scratch.write(lines("a", 0..<5, age: age), to: "a.jsonl")
    scratch.write(lines("b", 0..<5, age: age), to: "b.jsonl")
    try desk.run("a.jsonl", "b.jsonl")
    let contents = try desk.contents()
    let again = try desk.run("a.jsonl", "b.jsonl")
    #expect(again.requests == 0 && again.lines == 0 && again.unchanged == 2)
    #expect(try desk.contents() == contents)
    #expect(try desk.run("a.jsonl", "a.jsonl", force: true).requests == 0)
    #expect(try desk.requests() == 10)
  }

  @Test func aTextIsKnownUnderAnotherNameAndInTwoFilesOfACommand() throws {
    scratch.write(lines("a", 0..<9, age: .days(40)), to: "a.jsonl")
    scratch.write(lines("a", 0..<9, age: .days(40)), to: "copy.jsonl")
    #expect(try desk.run("a.jsonl", "copy.jsonl").requests == 9)
    scratch.write(lines("a", 0..<9, age: .days(40)), to: "later.jsonl")
    let report = try desk.run("later.jsonl", force: true)
    #expect(report.requests == 0 && report.unchanged == 0 && report.files == 1)
    scratch.write(lines("a", 0..<4, age: .days(40)), to: "shorter.jsonl")
    #expect(try desk.run("shorter.jsonl", force: true).requests == 0)
    #expect(try desk.requests() == 9)
  }

  @Test func ofAFileThatGrewTheRestIsImported() throws {
    // Shorter than the head that is hashed, at first.
    scratch.write(lines("a", 0..<1, age: .hours(30)), to: "a.jsonl")
    try desk.run("a.jsonl")
    scratch.append(lines("a", 1..<9, age: .hours(29)), to: "a.jsonl")
    let report = try desk.run("a.jsonl")
    #expect(report.requests == 8 && report.duplicates == 0 && report.lines == 8)
    scratch.append(#"{"v":1,"kind":"request","#, to: "a.jsonl")
    #expect(try desk.run("a.jsonl").rejected[.notJSON]?.count == 1)
    // The writer goes on with the line that it had begun.
    scratch.append(
      String(ImportLine.native("a9", age: .hours(28)).dropFirst(24)), to: "a.jsonl")
    #expect(try desk.run("a.jsonl").requests == 1)
    #expect(try desk.requests() == 10)
  }

  @Test func anotherTextThatBeginsAlikeIsAnotherFile() throws {
    let head = lines("a", 0..<9, age: .days(40))
    scratch.write(head + lines("b", 0..<2, age: .days(41)), to: "a.jsonl")
    try desk.run("a.jsonl")
    scratch.write(head + lines("c", 0..<2, age: .days(42)), to: "c.jsonl")
    let report = try desk.run("c.jsonl")
    #expect(report.requests == 2 && report.skipped.values.reduce(0, +) == 9)
    #expect(try desk.requests() == 13)
  }

  @Test func aDayThatTheLedgerHasIsLeftOutUntilForced() throws {
    scratch.write(lines("a", 0..<3, age: .days(40)), to: "a.jsonl")
    try desk.run("a.jsonl")
    scratch.write(
      lines("b", 0..<2, age: .days(40)) + lines("c", 0..<4, age: .days(41)), to: "b.jsonl")
    let report = try desk.run("b.jsonl")
    #expect(report.requests == 4 && report.skipped == [20_738: 2])
    #expect(
      report.text == """
        files     1 read
        lines     6
        requests  4 added
        skipped   2 of a day already in the ledger (2026-10-12); --force adds them

        """)
    #expect(try desk.run("b.jsonl").requests == 0)
    let forced = try desk.run("b.jsonl", force: true)
    #expect(forced.requests == 2 && forced.skipped.isEmpty)
    #expect(try desk.requests() == 9)
    #expect(try desk.run("b.jsonl", force: true).requests == 0)
    #expect(try desk.requests() == 9 && desk.imported() == 9)
  }

  @Test func forceAtFirstAddsAll() throws {
    scratch.write(lines("a", 0..<3, age: .days(40)), to: "a.jsonl")
    try desk.run("a.jsonl")
    scratch.write(lines("b", 0..<2, age: .days(40)), to: "b.jsonl")
    #expect(try desk.run("b.jsonl", force: true).requests == 2)
    #expect(try desk.run("b.jsonl", force: true).requests == 0)
    #expect(try desk.requests() == 5)
  }

  @Test func aRehearsalSaysTheSameAndWritesNothing() throws {
    scratch.write(
      lines("a", 0..<3, age: .days(40)) + "no\n" + lines("b", 0..<3, age: .hours(30))
        + lines("b", 0..<1, age: .hours(30)), to: "a.jsonl")
    var rehearsal = try desk.run("a.jsonl", isRehearsal: true)
    #expect(!scratch.exists("ledger.db") && !scratch.exists("ledger.db-wal"))
    #expect(rehearsal.text.contains("requests    6 would be added\n"))
    let report = try desk.run("a.jsonl")
    rehearsal.isRehearsal = false
    #expect(rehearsal == report && report.requests == 6 && report.duplicates == 1)

    scratch.write(
      lines("a", 3..<5, age: .days(40)) + lines("b", 2..<5, age: .hours(30)), to: "b.jsonl")
    let contents = try desk.contents()
    rehearsal = try desk.run("b.jsonl", isRehearsal: true)
    #expect(try desk.contents() == contents)
    #expect(try desk.number("SELECT count(*) FROM import_file") == 1)
    rehearsal.isRehearsal = false
    #expect(try desk.run("b.jsonl") == rehearsal)
    #expect(rehearsal.requests == 2 && rehearsal.duplicates == 1 && rehearsal.skipped.count == 1)
  }

  @Test func whatCannotBeUsedIsToldWithItsPlace() throws {
    let line = lines("a", 0..<1, age: .days(40))
    desk.configuration.sources[0].maxLine = 1024
    scratch.write(
      line + "no\n[]\n" + lines("b", 0..<1, age: .days(500)) + "nor this\n"
        + String(repeating: "x", count: 2000) + "\n" + line.replacing("success", with: "done"),
      to: "a.jsonl")
    let report = try desk.run("a.jsonl", "missing.jsonl")
    #expect(report.problems == ["cannot open missing.jsonl: no such file or directory"])
    let size = line.utf8.count
    #expect(
      report.rejected == [
        .notJSON: .init(count: 2, first: "a.jsonl:\(size)"),
        .notObject: .init(count: 1, first: "a.jsonl:\(size + 3)"),
        .tooOld: .init(count: 1, first: ""),
        .tooLong: .init(count: 1, first: "a.jsonl:\(size + 6 + size + 9)"),
        .badValue: .init(count: 1, first: "a.jsonl:\(size + 6 + size + 9 + 2001)"),
      ])
    #expect(report.requests == 1 && report.lines == 7)
  }

  @Test func directoriesAreReadInOrderOfTheirEvents() throws {
    scratch.makeDirectory("logs")
    // Sorted by name, the failure would come after its success.
    scratch.write(ImportLine.success("x", age: .days(40)), to: "logs/a.jsonl")
    scratch.write(
      ImportLine.failure("x", age: .days(40) + .seconds(20)), to: "logs/b.jsonl.1")
    scratch.write("not a log", to: "logs/.hidden")
    let report = try desk.run("logs")
    #expect(report.files == 2 && report.requests == 1 && report.rejected.isEmpty)
    #expect(
      try desk.contents() == """
        1990896 2 openai gpt-4o - - - 1 10 5 2000000 1 0 21000000
        imported 1
        """)
  }

  @Test func failuresAreSettledInEventTimeAndAtTheEnd() throws {
    scratch.write(
      ImportLine.failure("a", age: .days(40)) + ImportLine.failure("b", age: .days(40))
        + ImportLine.success("b", age: .days(40) - .seconds(30))
        + ImportLine.native("c", age: .days(40) - .minutes(10))
        + ImportLine.success("a", age: .days(40) - .minutes(11))
        + ImportLine.failure("d", age: .days(40) - .minutes(12)), to: "a.jsonl")
    let report = try desk.run("a.jsonl")
    // a failed and was answered too late; b fell back; c; d failed.
    #expect(report.requests == 4)
    #expect(try desk.number("SELECT sum(requests) FROM rollup WHERE status = 3") == 2)
    #expect(try desk.number("SELECT sum(cost) FROM rollup") == 5_000_000)
    #expect(try desk.number("SELECT count(*) FROM import_waiting") == 0)
    #expect(try desk.number("SELECT count(*) FROM import_run") == 0)
  }

  @Test func onlyOneImportRunsAtATime() throws {
    let first = try ImportLedger(options: desk.configuration.ledger, isRehearsal: false)
    scratch.write(lines("a", 0..<1, age: .days(40)), to: "a.jsonl")
    let error = #expect(throws: AppError.self) { try desk.run("a.jsonl") }
    #expect(
      error.map { "\($0)" } == "another import into the ledger \(scratch.file("ledger.db"))"
        + " is running; wait for its end")
    _ = consume first
    #expect(try desk.run("a.jsonl").requests == 1)
  }

  @Test(arguments: [
    (0, "1970-01-01"), (20_738, "2026-10-12"), (-1, "1969-12-31"), (19_782, "2024-02-29"),
  ])
  func daysHaveDates(day: Int32, date: String) { #expect(ImportReport.date(day) == date) }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1 000"), (1_234_567, "1 234 567")])
  func digitsAreGrouped(count: Int64, text: String) {
    #expect(ImportReport.grouped(count) == text)
  }
}

extension Scratch {
  func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

  func makeDirectory(_ name: String) { precondition(mkdir(file(name), 0o755) == 0) }
}
