import Glibc
import TestSupport
import Testing

@testable import Ledger

@Suite(.enabled(if: Command.isBuilt, "sidelight is not built; run swift build --build-tests"))
struct ImportTests {
  private let command = Command(scratch: Scratch())
  private var scratch: Scratch { command.scratch }
  private static let year = 86_400 * 365

  /// Of several days, with failures that are answered later; as many requests as `count`.
  private func history(_ count: Int, end: Int) -> String {
    (0..<count).map { number in
      let time = end + number * 20
      switch number % 4 {
      case 0: return LogLine.failure("p\(number)", end: time)
      case 1: return LogLine.payload("p\(number - 1)", end: time)
      default: return LogLine.native("n\(number)", end: time, model: "m\(number % 97)")
      }
    }.joined()
  }

  private var past: Int { time(nil) - Self.year }

  private func number(_ sql: String, in ledger: String = "ledger.db") throws -> Int64 {
    try Database(path: scratch.file(ledger), access: .readWrite).integer(sql) ?? 0
  }

  private func totals() throws -> [Int64] {
    try ["requests", "input", "output", "cost", "fallbacks", "waited"].map {
      try number("SELECT sum(\($0)) FROM rollup")
    } + [number("SELECT count(*) FROM rollup"), number("SELECT value FROM series")]
  }

  @Test func twiceAddsNothingMore() throws {
    command.writeConfiguration()
    scratch.write(history(400, end: past), to: "a.past")
    let dry = command.run("import", "--dry-run", "a.past")
    #expect(dry.output == "files     1 read\nlines     400\nrequests  300 would be added\n")
    #expect(command.size(of: "ledger.db") == 0)
    let result = command.run("import", "a.past")
    #expect(
      result
        == Command.Result(
          status: 0, output: "files     1 read\nlines     400\nrequests  300 added\n", error: ""))
    let totals = try totals()
    let again = command.run("import", "a.past")
    #expect(again.status == 0)
    #expect(
      again.output
        == "files     1 read, 1 of them with nothing new\nlines     0\nrequests  0 added\n")
    #expect(try self.totals() == totals)
  }

  @Test func whatCannotBeReadIsToldAndTheRestImported() throws {
    command.writeConfiguration()
    scratch.write(history(8, end: past), to: "a.past")
    let result = command.run("import", "missing", "a.past")
    #expect(
      result
        == Command.Result(
          status: 1,
          output: "files     1 read, 1 not readable to the end\nlines     8\nrequests  6 added\n",
          error: "sidelight: cannot open missing: no such file or directory\n"))
  }

  @Test func killedAnywhereItGoesOn() throws {
    command.writeConfiguration()
    let text = history(24_000, end: past - 86_400 * 20)
    scratch.write(text, to: "a.past")
    #expect(command.run("import", "a.past").status == 0)
    let expected = try totals()
    #expect(expected[0] == 18_000 && expected[4] == 6000)
    for suffix in ["", "-wal", "-shm"] { unlink(scratch.file("ledger.db" + suffix)) }

    var kills = 0
    for step in 1...4 {
      let running = command.start(["import", "a.past"])
      // Its first commits are on disk, the file is not through.
      let reached = running.reaches { command.size(of: "ledger.db-wal") > step * 200_000 }
      running.send(SIGKILL)
      if running.wait().status == -SIGKILL, reached { kills += 1 }
    }
    #expect(kills > 0)
    let last = command.run("import", "a.past")
    #expect(last.status == 0)
    #expect(try totals() == expected)
    #expect(try number("SELECT count(*) FROM import_run") == 0)
  }

  @Test func besideADaemonBothGoOn() throws {
    command.writeConfiguration()
    let now = time(nil)
    let live = (0..<200).map { LogLine.native("l\($0)", end: now - 3600, model: "live-\($0 % 50)") }
    scratch.write(live[..<100].joined(), to: "live.jsonl")
    let daemon = command.start(["run"])
    #expect(daemon.reaches { daemon.error.contains("serving") })
    scratch.write(history(8000, end: past) + live.joined(), to: "a.past")
    let importing = command.start(["import", "a.past"])
    #expect(importing.reaches { command.size(of: "ledger.db-wal") > 100_000 })
    scratch.append(live[100...].joined(), to: "live.jsonl")
    let result = importing.wait()
    #expect(result.status == 0 && result.error.isEmpty)
    #expect(
      daemon.reaches {
        (try? number(
          "SELECT count(*) FROM request WHERE model IN"
            + " (SELECT id FROM label_value WHERE label = 'model' AND value LIKE 'live%')")) == 200
      })
    daemon.send(SIGTERM)
    let end = daemon.wait()
    #expect(end.status == 0)
    #expect(!end.error.contains("level=error"))
    #expect(try number("SELECT sum(requests) FROM rollup") == 6000 + 200)
    // Every one was counted by one of the two.
    let counted = try number(
      """
      SELECT sum(value) FROM series JOIN family ON family.id = series.family
      WHERE name IN ('llm_requests_total', 'sidelight_imported_requests_total')
      """)
    #expect(counted == 6000 + 200)
  }
}
