import Record
import Source
import Support
import Tally
import TestSupport
import Testing

@testable import Daemon
@testable import Ledger

@Suite struct PipelineTests {
  /// A native line of a request that ended `ago` before the clock's noon.
  private func request(
    _ id: String, model: String = "gpt-4o", outcome: String = "success",
    ago: TimeSpan = .seconds(5),
    _ rest: String = ""
  ) -> String {
    let end = 1_795_262_400 - ago.seconds
    return """
      {"kind":"request","id":"\(id)","start":\(end - 1),"end":\(end),"outcome":"\(outcome)",\
      "route":"gpt-4o","served_route":"gpt-4o","provider":"openai","model":"\(model)",\
      "deployment":"main","attempts":1,"tokens":{"input":10,"output":5},"cost_usd":0.25\(rest)}

      """
  }

  /// A payload line; times are seconds before noon.
  private func payload(_ id: String, _ status: String, _ start: Int, _ end: Int) -> String {
    """
    {"litellm_call_id":"\(id)","status":"\(status)","startTime":\(1_795_262_400 - start),\
    "endTime":\(1_795_262_400 - end),"model_group":"gpt-4o","model":"openai/gpt-4o",\
    "custom_llm_provider":"openai","model_id":"main","prompt_tokens":1,\
    "response_cost":\(status == "failure" ? "0.0" : "0.5"),\
    "error_information":{"error_code":"\(status == "failure" ? "500" : "")"}}

    """
  }

  @Test func bothFormatsInOneFileAreToldApart() throws {
    let rig = Rig()
    rig.scratch.write(request("a") + payload("b", "success", 9, 8) + "\nnonsense\n", to: "a.jsonl")
    try rig.run()
    // The payload might be a copy of a native line that is still to come.
    rig.clock.advance(.minutes(3))
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "status") == ["success": 2])
    #expect(rig.series.sums("llm_cost_total", by: "model") == ["gpt-4o": 750_000_000])
    #expect(
      rig.series.counts("sidelight_source_rejected_total", by: "reason") == ["not_json": 1])
    #expect(
      rig.problems.map { $0.replacing(rig.scratch.path, with: "") }
        == ["/a.jsonl: the line at byte 508 is not counted: it is no valid JSON"])
    let status = try #require(rig.pipeline?.inputs.first?.status)
    #expect(status.formats.map(\.format) == ["native", "litellm"])
  }

  @Test func anEventOfTwoFilesIsCountedOnce() throws {
    let rig = Rig()
    rig.scratch.write(request("a") + request("b"), to: "a.jsonl")
    rig.scratch.write(request("b") + request("c") + request("c"), to: "b.jsonl")
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "status") == ["success": 3])
    #expect(rig.series.counts("sidelight_source_duplicates_total", by: "source") == ["LOG": 2])
  }

  @Test func anEventIsKnownForSevenDays() throws {
    let rig = Rig()
    rig.scratch.write(request("a", ago: .days(6)) + request("b", ago: .days(8)), to: "a.jsonl")
    try rig.run()
    rig.scratch.append(request("a", ago: .days(6)) + request("b", ago: .days(8)), to: "a.jsonl")
    rig.clock.advance(.seconds(2))
    try rig.run()
    // What is older than the memory is believed to its checkpoint.
    #expect(rig.series.counts("llm_requests_total", by: "status") == ["success": 3])
  }

  @Test func aRubbishFileIsReportedOnce() throws {
    let rig = Rig()
    rig.scratch.write(String(repeating: "x\n", count: 1000) + request("a"), to: "a.jsonl")
    try rig.run()
    #expect(rig.problems.count == 1)
    #expect(
      rig.series.counts("sidelight_source_rejected_total", by: "reason") == ["not_json": 1000])
  }

  @Test func failuresSettleByTheClockOnceAllIsRead() throws {
    let rig = Rig()
    rig.scratch.write(payload("a", "failure", 20, 10), to: "a.jsonl")
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "status") == [:])
    #expect(rig.series.counts("llm_attempts_total", by: "result") == ["server_error": 1])
    rig.clock.advance(.seconds(109))
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "status") == [:])
    rig.clock.advance(.seconds(1))
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "status") == ["failure": 1])
  }

  @Test func anAnswerInAFileStillUnreadIsWaitedFor() throws {
    let rig = Rig()
    rig.budget = 1000
    rig.scratch.write(payload("pair", "failure", 4000, 3990), to: "a.jsonl")
    rig.clock.advance(.seconds(-3980))
    try rig.run()
    rig.stop()
    // An hour later both files have grown, the other one first in order and by far.
    rig.clock.advance(.seconds(3980))
    let others = (0..<50).map { payload("o\($0)", "success", 3900 - $0 * 70, 3899 - $0 * 70) }
    rig.scratch.append(
      payload("pair", "success", 3985, 3980) + payload("z", "success", 10, 9), to: "a.jsonl")
    rig.scratch.write(others.joined(), to: "0.jsonl")
    try rig.run()
    #expect(rig.series.counts("llm_requests_total", by: "status") == ["success": 52])
    #expect(rig.series.counts("llm_retried_requests_total", by: "reason") == ["server_error": 1])
    #expect(rig.series.counts("sidelight_settled_late_total", by: "source") == [:])
  }

  @Test func aBacklogSettlesInEventTime() throws {
    let rig = Rig()
    rig.budget = 1000
    let others = (0..<50).map { payload("o\($0)", "success", 3900 - $0 * 70, 3899 - $0 * 70) }
    rig.scratch.write(
      payload("a", "failure", 4000, 3990) + others.joined() + payload("a", "success", 300, 290),
      to: "a.jsonl")
    try rig.run()
    #expect(
      rig.series.counts("llm_requests_total", by: "status") == ["success": 50, "failure": 1])
    #expect(rig.text.contains("\nsidelight_settled_late_total 1\n"))
    #expect(rig.series.sums("llm_cost_total", by: "model") == ["gpt-4o": 25_500_000_000])
  }

  @Test func aValueThatReturnsGoesOnWhereItWas() throws {
    let rig = Rig()
    rig.scratch.write(request("1", model: "old") + request("2", model: "new"), to: "a.jsonl")
    try rig.run()
    rig.clock.advance(.days(40))
    func line(_ id: String, _ model: String) -> String {
      request(id, model: model, ago: .seconds(5 - 40 * 86_400))
    }
    rig.scratch.append(line("3", "new"), to: "a.jsonl")
    try rig.run()
    // Unused for 30 days: nobody sees them any more.
    #expect(rig.series.counts("llm_requests_total", by: "model") == ["new": 2])
    rig.scratch.append(line("4", "aaa") + line("5", "old"), to: "a.jsonl")
    rig.clock.advance(.seconds(2))
    try rig.run()
    let expected: [String: Int64] = ["new": 2, "old": 2, "aaa": 1]
    #expect(rig.series.counts("llm_requests_total", by: "model") == expected)
    let text = rig.text
    try rig.start()
    #expect(rig.text == text)
    #expect(try rig.query("SELECT sum(requests) FROM rollup") == 5)
  }

  @Test func theLastHourOutlivesARestart() throws {
    let rig = Rig()
    rig.scratch.write(
      request("a") + request("b", outcome: "failure", ",\"reason\":\"timeout\"")
        + request("c", ago: .minutes(30)) + request("d", ago: .minutes(70)),
      to: "a.jsonl")
    try rig.run()
    func gauges() -> [String] {
      let registry = rig.registry
      guard let publisher = rig.publisher else { return [] }
      registry.addCollector { samples in
        Collectors.collectRecent(publisher.live.withLock { $0 }, into: &samples)
      }
      return rig.text.split(separator: "\n").map(String.init).filter {
        $0.hasPrefix("llm_error_ratio ") || $0.hasPrefix("llm_fallback_ratio ")
          || $0.hasPrefix("llm_cost_last_hour{")
      }
    }
    let expected = [
      "llm_error_ratio 0.5", "llm_fallback_ratio 0", "llm_cost_last_hour{provider=\"openai\"} 0.75",
    ]
    #expect(gauges() == expected)
    try rig.start()
    #expect(gauges() == expected)
  }
}
