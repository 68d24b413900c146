import Support
import TestSupport
import Testing

@testable import sidelight

/// `sidelight report` on a ledger that nobody else has open.
@Suite(.enabled(if: Command.isBuilt, "sidelight is not built; run swift build --build-tests"))
struct ReportTests {
  private let command = Command(scratch: Scratch())

  /// Imports two models' requests of an hour ago; the second key is called something hostile.
  private func fill() {
    command.writeConfiguration()
    let end = Double(WallClock.system.now().microseconds / 1_000_000) - 3600
    let lines = (0..<6).map { index in
      """
      {"kind":"request","id":"r\(index)","start":\(end - 1.5),"end":\(end),\
      "outcome":"\(index == 5 ? "failure" : "success")","route":"m\(index % 2)",\
      "provider":"openai","model":"m\(index % 2)","attempts":1,\
      "tokens":{"input":1000,"output":500},"cost_usd":\(index % 2 == 0 ? 1.25 : 0.001),\
      "key":{"alias":"\(index % 2 == 0 ? "=cmd" : "\\u202Eevil\\u001b[2J")"}}

      """
    }
    command.scratch.write(lines.joined(), to: "past.log")
    #expect(command.run("import", "past.log").status == 0)
  }

  @Test func linesForProgramsAreExact() {
    fill()
    let report = command.run("report", "--by", "model")
    #expect(report.status == 0 && report.error == "")
    #expect(
      report.output == """
        model\trequests\terrors\tinput_tokens\toutput_tokens\tcost_usd\tlatency_seconds
        m0\t3\t0\t3000\t1500\t3.75\t1.5
        m1\t3\t1\t3000\t1500\t0.003\t1.5

        """)
  }

  @Test func hostileNamesStayNames() {
    fill()
    let lines = command.run("report", "--by=key").output
    #expect(lines.contains("\u{FFFD}evil\u{FFFD}[2J\t3"))
    let table = command.run("report", "--by=key", "--format=table").output
    #expect(table.contains("\u{FFFD}evil\u{FFFD}[2J"))
    #expect(!(lines + table).unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    let csv = command.run("report", "--by=key", "--format=csv").output
    #expect(csv.contains("\r\n'=cmd,3,"))
  }

  @Test func aTableIsAligned() {
    fill()
    let report = command.run("report", "-b", "model", "-f", "table", "--step", "1mo")
    let lines = report.output.split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("Usage from ") && lines[0].hasSuffix(" UTC"))
    let header = lines[1]
    #expect(header.hasPrefix("START") && header.hasSuffix("ERRORS  TOKENS    COST  LATENCY"))
    let first = lines.first { $0.contains("  m0 ") } ?? ""
    #expect(first.hasSuffix("3       0   4.50k   $3.75    1.5 s  ████████████"))
    let second = lines.first { $0.contains("  m1 ") } ?? ""
    #expect(second.hasSuffix("3  33.3 %   4.50k  <$0.01    1.5 s"))
    #expect(
      lines.contains { $0.hasPrefix("TOTAL") && $0.hasSuffix("16.7 %   9.00k   $3.75    1.5 s") })
    #expect(command.run("report", "-f", "table", "-w", "model=x").output.contains("No requests."))
  }

  @Test func jsonIsTheAPIs() {
    fill()
    let json = command.run("report", "--format", "json", "--where", "status=failure").output
    #expect(json.contains(#""requests":1,"errors":1,"#) && json.contains(#""next_offset":null"#))
  }

  @Test func mistakesNameTheOption() {
    command.writeConfiguration()
    let absent = command.run("report")
    #expect(absent.status == 1)
    #expect(absent.error.hasPrefix("sidelight: there is no ledger at ledger.db; 'sidelight run'"))
    for (arguments, message) in [
      (["--since", "x"], "--since: expected a time such as"),
      (["--until", "x"], "--until: expected a time"), (["--by", "x"], "--by: expected labels of"),
      (["--timezone", "x"], "--timezone: expected a time zone"),
      (["--where", "x"], "--where: expected LABEL=VALUE such as provider=openai, got \"x\""),
      (["--where", "from=1"], "--where: expected LABEL=VALUE"),
      (["--where", "modl=1"], "unknown parameter \"modl\", did you mean \"model\"?"),
      (["--format", "xls"], "unknown format \"xls\""), (["--limit", "0"], "--limit: expected"),
    ] {
      let result = command.start(["report"] + arguments, environment: []).wait()
      #expect(result.status == 2 && result.error.contains("sidelight: \(message)"), "\(result)")
    }
  }

  @Test func numbersAreShort() {
    #expect(
      [0, 999, 1000, 99_949, 999_600, 1_234_567].map(ReportNumber.short)
        == ["0", "999", "1.00k", "99.9k", "1.00M", "1.23M"])
    #expect(ReportNumber.dollars(1_234_567_890_000, decimals: 2) == "$1\u{A0}234.57")
    #expect(ReportNumber.dollars(49_999, decimals: 4) == "<$0.0001")
    #expect(ReportNumber.share(1, of: 2000) == "<0.1 %" && ReportNumber.share(0, of: 0) == "–")
    #expect("日本語text".cut(to: 7) == "日本語…" && "e\u{301}".width == 1)
  }
}
