import Config
import Record
import Source
import Support
import TestSupport

@testable import Daemon
@testable import Ledger

/// Imports into a ledger of the test's own, and what is in it afterwards.
final class ImportDesk {
  let scratch: Scratch
  let clock: ManualClock
  var configuration = Configuration(instance: "test")
  /// Lines and rows a transaction takes.
  var pace = ImportPace(lines: 2048, rows: 8192)

  init(scratch: Scratch = Scratch(), clock: ManualClock = ManualClock()) {
    self.scratch = scratch
    self.clock = clock
    configuration.ledger.path = scratch.file("ledger.db")
    configuration.sources = [SourceOptions(input: .files(glob: scratch.file("*.jsonl")))]
  }

  /// Imports files of the scratch folder; `stop` says after which batches to stop as a crash does.
  @discardableResult
  func run(
    _ names: String..., force: Bool = false, isRehearsal: Bool = false,
    stop: (Int) -> Bool = { _ in false }
  ) throws -> ImportReport {
    var options = Importer.Options()
    options.force = force
    options.isRehearsal = isRehearsal
    let importer = try Importer(
      configuration: configuration, options: options, clock: clock.clock)
    importer.pace = pace
    var batches = 0
    var report = try importer.run(paths: names.map(scratch.file)) { _ in
      batches += 1
      return !stop(batches)
    }
    report.problems = report.problems.map { $0.replacing(scratch.path + "/", with: "") }
    for (reason, lines) in report.rejected {
      report.rejected[reason]?.first = lines.first.replacing(scratch.path + "/", with: "")
    }
    return report
  }

  private func open() throws -> Database {
    try Database(path: configuration.ledger.path, access: .readWrite)
  }

  func number(_ sql: String) throws -> Int64 { try open().integer(sql) ?? 0 }

  /// All roll-ups with their labels as texts, one a line, and how many requests were imported.
  func contents() throws -> String {
    let database = try open()
    func label(_ name: String) -> String {
      """
      (SELECT value FROM label_value WHERE label = '\(name)' AND id = rollup.\(name))
      """
    }
    let labels = ["provider", "model", "power_level", "key", "team"].map(label)
      .map { "ifnull(\($0), '-')" }.joined(separator: " || ' ' || ")
    let rows = try database.prepare(
      """
      SELECT quarter || ' ' || status || ' ' || \(labels) || ' ' || requests || ' ' || input || ' '
        || output || ' ' || cost || ' ' || fallbacks || ' ' || retried || ' ' || waited AS row
      FROM rollup ORDER BY row
      """)
    var lines: [String] = []
    while try rows.step() { lines.append(rows.text(0)) }
    return (lines + ["imported \(try imported())"]).joined(separator: "\n")
  }

  func imported() throws -> Int64 {
    try number(
      """
      SELECT ifnull(sum(value), 0) FROM series JOIN family ON family.id = series.family
      WHERE name = 'sidelight_imported_requests_total'
      """)
  }

  /// The counters that are not the imported requests' own.
  func otherSeries() throws -> Int64 {
    try number(
      """
      SELECT count(*) FROM series JOIN family ON family.id = series.family
      WHERE name <> 'sidelight_imported_requests_total'
      """)
  }

  func requests() throws -> Int64 { try number("SELECT ifnull(sum(requests), 0) FROM rollup") }
}

/// Lines of the past; ages are counted back from the clock's noon of 2026-11-21.
enum ImportLine {
  private static let noon = 1_795_262_400.0

  static func native(
    _ id: String, age: TimeSpan, model: String = "gpt-4o", cost: String = "0.001"
  ) -> String {
    let end = noon - age.seconds
    return """
      {"v":1,"kind":"request","id":"\(id)","start":\(end - 2),"end":\(end),"outcome":"success",\
      "route":"r","served_route":"r","provider":"openai","model":"\(model)","attempts":1,\
      "tokens":{"input":10,"output":5},"cost_usd":\(cost),"key":{"id":"7b5b1709","alias":"svc"}}

      """
  }

  static func failure(_ id: String, age: TimeSpan, route: String = "claude") -> String {
    let end = noon - age.seconds
    return """
      {"id":"\(id)-f","litellm_call_id":"\(id)","status":"failure","startTime":\(end - 1),\
      "endTime":\(end),"model_group":"\(route)","custom_llm_provider":"anthropic",\
      "model":"claude-sonnet","error_information":{"error_code":"429",\
      "error_class":"RateLimitError"}}

      """
  }

  static func success(_ id: String, age: TimeSpan, route: String = "gpt") -> String {
    let end = noon - age.seconds
    return """
      {"id":"\(id)-s","litellm_call_id":"\(id)","status":"success","startTime":\(end - 1),\
      "endTime":\(end),"model_group":"\(route)","custom_llm_provider":"openai","model":"gpt-4o",\
      "prompt_tokens":10,"completion_tokens":5,"response_cost":0.002}

      """
  }
}

extension TimeSpan {
  static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(microseconds: left.microseconds + right.microseconds)
  }

  static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(microseconds: left.microseconds - right.microseconds)
  }
}
