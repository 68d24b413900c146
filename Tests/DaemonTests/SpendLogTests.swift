import Postgres
import Source
import Support
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

/// LiteLLM's own database as a source, alone and beside the logs of the same run.
@Suite(.serialized, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
struct SpendLogTests {
  private let url: String
  private let database: PostgresConnection
  private let rows: [String]
  private let native: [String]
  /// Ten minutes after the run.
  private static let later = Timestamp(microseconds: 1_795_293_600_000_000)

  init() throws {
    url = PostgresServer.shared.makeDatabase("spend\(UInt32.random(in: 0 ... .max))")
    database = try PostgresConnection(PostgresOptions(url: url))
    try database.execute(TestData.text(at: TestData.path("spend_logs/schema.sql")))
    rows = try Captured.lines("spend_logs/rows.jsonl.gz")
    native = try Captured.lines("spend_logs/native.jsonl.gz")
  }

  private func insert(_ rows: some Collection<String>) throws {
    for row in rows {
      _ = try database.query(
        """
        INSERT INTO "LiteLLM_SpendLogs"
        SELECT (r).* FROM (SELECT json_populate_record(NULL::"LiteLLM_SpendLogs",
          ($1::jsonb || jsonb_build_object('created_at', now(), 'updated_at', now()))::json) r) s
        """, [PostgresValue(text: row)])
    }
  }

  private func rig(
    log: String? = nil, database: Bool = true, at time: Timestamp = later
  ) -> Rig {
    let rig = Rig(clock: ManualClock(time))
    rig.settings.sources = []
    if let log {
      rig.settings.sources.append(SourceOptions(input: .files(glob: rig.scratch.file(log))))
    }
    if database { rig.settings.sources.append(SourceOptions(input: .spendLogs(url: url))) }
    return rig
  }

  private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

  /// Steps until so many rows were read, for 20 s at most.
  private func run(_ rig: Rig, rows: Int64) async throws {
    if rig.pipeline == nil { try rig.start() }
    let deadline = WallClock.monotonic.now() + .seconds(20)
    while WallClock.monotonic.now() < deadline {
      while try rig.step() {}
      if count(rig, "sidelight_source_lines_total", "postgres")
        >= rows
      {
        break
      }
      // Others have the same threads.
      await Task.yield()
    }
    rig.clock.advance(.minutes(3))
    while try rig.step() {}
  }

  private func count(_ rig: Rig, _ name: String, _ condition: String) -> Int64 {
    rig.series.counts(name, where: condition)[""] ?? 0
  }

  /// What is said of requests, without what only holds for the last minutes.
  private func numbers(_ rig: Rig) -> [String] {
    let left = [
      "llm_error_ratio", "llm_fallback_ratio", "llm_route_fallback", "llm_cost_last_hour",
      "llm_provider_",
    ]
    return rig.text.split(separator: "\n").map(String.init).filter { line in
      line.hasPrefix("llm_") && !left.contains { line.hasPrefix($0) }
    }
  }

  @Test(arguments: ["native", "payload"])
  func theLogOfTheSameRunWins(format: String) async throws {
    let lines = try Captured.lines("spend_logs/\(format).jsonl.gz")
    let alone = rig(log: "proxy.jsonl", database: false)
    alone.scratch.write(text(lines), to: "proxy.jsonl")
    try alone.run()
    alone.clock.advance(.minutes(3))
    try alone.run()
    let expected = numbers(alone)
    try insert(rows)

    let both = rig(log: "proxy.jsonl")
    both.scratch.write(text(lines), to: "proxy.jsonl")
    try await run(both, rows: 400)
    #expect(Set(numbers(both)).symmetricDifference(expected) == [])

    // The rows come first, and wait.
    let rowsFirst = rig(log: "proxy.jsonl")
    // Half a minute after the run.
    rowsFirst.clock.advance(.minutes(-12))
    try rowsFirst.start()
    let deadline = WallClock.monotonic.now() + .seconds(20)
    while try rowsFirst.query("SELECT count(*) FROM held") != 400,
      WallClock.monotonic.now() < deadline
    {
      while try rowsFirst.step() {}
      await Task.yield()
    }
    rowsFirst.scratch.write(text(lines), to: "proxy.jsonl")
    try await run(rowsFirst, rows: 400)
    #expect(Set(numbers(rowsFirst)).symmetricDifference(expected) == [])
    #expect(try rowsFirst.query("SELECT count(*) FROM held") == 0)
  }

  @Test func theDatabaseAloneTellsWhatItKnows() async throws {
    try insert(rows)
    let rig = rig()
    try await run(rig, rows: 400)
    let log = self.rig(log: "proxy.jsonl", database: false)
    log.scratch.write(text(native), to: "proxy.jsonl")
    try log.run()
    for status in ["success", "failure"] {
      #expect(
        count(rig, "llm_requests_total", "status=\"\(status)\"")
          == count(log, "llm_requests_total", "status=\"\(status)\""), "\(status)")
    }
    #expect(rig.pipeline?.inputs[0].status.formats.map(\.format) == ["spend_logs"])
    // LiteLLM bills an estimate for one that was cancelled.
    #expect(try rig.query("SELECT sum(cost) FROM request") == 2_166_235_650)
  }

  /// Three rows of one request: its own, and what LiteLLM bills for attempts that timed out.
  @Test func billsOfAttemptsAreNoRequests() async throws {
    try insert(
      TestData.text(at: TestData.path("spend_logs/attempts.jsonl")).split(separator: "\n").map(
        String.init))
    let rig = rig()
    try await run(rig, rows: 3)
    #expect(count(rig, "llm_requests_total", "status=\"failure\"") == 1)
    #expect(count(rig, "llm_requests_total", "status=\"success\"") == 0)
    #expect(rig.text.contains(#"power_level="none"} 0.0004125"#))
    #expect(count(rig, "llm_attempts_total", "result=\"timeout\"") == 1)
  }

  @Test func crashesAndLateRowsCountOnce() async throws {
    try insert(rows.prefix(200))
    // A proxy whose clock is ten years ahead takes nothing from the others.
    try insert([
      """
      {"request_id":"future","call_type":"","api_key":"","spend":9,"total_tokens":0,\
      "prompt_tokens":0,"completion_tokens":0,"startTime":"2036-01-01T00:00:00",\
      "endTime":"2036-01-01T00:00:01","model":"m","status":"success"}
      """
    ])
    let rig = rig()
    try await run(rig, rows: 200)
    // Others that began earlier, at the same time and later.
    try insert(rows.suffix(200).shuffled())
    // Each start reads the last hour again.
    for lines in [600, 1000, 1400] as [Int64] {
      try rig.start()
      try await run(rig, rows: lines)
    }
    #expect(try rig.query("SELECT count(*) FROM request") == 400)
    #expect(try rig.query("SELECT sum(cost) FROM request") == 2_166_235_650)
  }

  @Test func theEndIsWhereItBegins() async throws {
    try insert(rows.prefix(200))
    let now = WallClock.system.now()
    let rig = rig(at: now)
    rig.settings.sources[0].start = .end
    try rig.start()
    // After a start the last hour is read again.
    for (number, lines) in [(1, 1), (2, 3)] as [(Int, Int64)] {
      // Others that came late but began before, and a new one.
      try insert(rows[(100 * number + 100)..<(100 * number + 200)])
      let time = CivilTime(now + .seconds(Int64(number))).rfc3339
      try insert([
        """
        {"request_id":"new\(number)","call_type":"","api_key":"","spend":1,"total_tokens":0,\
        "prompt_tokens":0,"completion_tokens":0,"startTime":"\(time)","endTime":"\(time)",\
        "model":"m","status":"success"}
        """
      ])
      try await run(rig, rows: lines)
      let cost = try rig.query("SELECT sum(cost) FROM request")
      #expect(cost == Int64(number) * 1_000_000_000, "\(number)")
      try rig.start()
    }
  }

  /// What a log says after its rows were counted is no news.
  @Test func aLogThatComesLaterIsNoNews() async throws {
    try insert(rows)
    let rig = rig()
    try await run(rig, rows: 400)
    rig.settings.sources = [SourceOptions(input: .files(glob: rig.scratch.file("proxy.jsonl")))]
    rig.scratch.write(text(native), to: "proxy.jsonl")
    try rig.start()
    try rig.run()
    #expect(try rig.query("SELECT count(*) FROM request") == 400)
    #expect(try rig.query("SELECT sum(cost) FROM request") == 2_166_235_650)
  }
}
