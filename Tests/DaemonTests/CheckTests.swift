import Config
import Ledger
import Support
import TestSupport
import Testing

@testable import Daemon

/// What `sidelight check` says of things that are there, missing or broken.
@Suite struct CheckTests {
  private let scratch = Scratch()
  private let clock = ManualClock()

  private func findings(_ change: (inout Configuration) -> Void = { _ in }) async -> [String] {
    var configuration = Configuration(instance: "test")
    configuration.web.port = 0
    configuration.ledger.path = scratch.file("ledger.db")
    configuration.sources = [.init(input: .files(glob: scratch.file("*.jsonl")))]
    change(&configuration)
    return await Checker.findings(configuration, now: clock.now).map {
      "\($0.verdict.rawValue) \($0.subject): \($0.text)".replacing(scratch.path, with: "")
    }
  }

  /// A native line that ended a minute ago.
  private var line: String {
    let end = clock.now.microseconds / 1_000_000 - 60
    return """
      {"v":1,"kind":"request","id":"a","start":\(end - 1),"end":\(end),"outcome":"success"}

      """
  }

  @Test func anEmptyMachine() async {
    #expect(
      await findings() == [
        "ok listen: 127.0.0.1:0 is free",
        "warning source /*.jsonl: no file matches yet;"
          + " is the callback installed, and does it write there?",
        "ok ledger: /ledger.db will be made",
      ])
  }

  @Test func aLogIsKnownByItsLastLines() async throws {
    try writeNow()
    scratch.write(line + "half a li", to: "a.jsonl")
    #expect(
      await findings()[1].hasPrefix("ok source /*.jsonl: 1 file, 99 B, native, last written "))
    scratch.append("ne\n", to: "a.jsonl")
    #expect(await findings()[1].hasSuffix("; 1 of the last 2 lines are unusable"))
    scratch.write("[1]\n", to: "a.jsonl")
    #expect(
      await findings()[1]
        == "warning source /*.jsonl: 1 file, 4 B, but no usable line at the end:"
        + " it is no JSON object")
  }

  /// Makes the time of the test that of its files.
  private func writeNow() throws {
    scratch.write("", to: "a.jsonl")
    clock.advance(try #require(scratch.modified("a.jsonl")) - clock.now)
  }

  @Test(
    arguments: [
      (0, nil), (-100, nil), (4, nil),
      (330, "its events end 5 min after they are written: the proxy's clock is ahead of this"),
      (-930, "its events end 15 min before they are written: is the proxy's clock behind this"),
    ] as [(Int64, String?)])
  func aProxyWithAnotherClock(ahead: Int64, expected: String?) async throws {
    try writeNow()
    let end = clock.now.microseconds / 1_000_000 + ahead
    scratch.write(
      """
      {"v":1,"kind":"request","id":"a","start":\(end - 200),"end":\(end - 100),"outcome":"success"}
      {"v":1,"kind":"request","id":"b","start":\(end - 1),"end":\(end),"outcome":"success"}

      """, to: "a.jsonl")
    let text = await findings()[1]
    #expect(text.hasPrefix(expected == nil ? "ok" : "warning"))
    #expect(text.contains(expected ?? "last written"), "\(text)")
  }

  @Test func aProxyThatIsHoursAhead() async throws {
    try writeNow()
    let end = clock.now.microseconds / 1_000_000 + 3 * 3600 + 60
    scratch.write(
      "{\"v\":1,\"kind\":\"request\",\"id\":\"a\",\"start\":\(end),\"end\":\(end),\"outcome\":\"success\"}\n",
      to: "a.jsonl")
    #expect(
      await findings()[1].hasSuffix(
        "no usable line at the end: its events end 3 h after they are written: the proxy's clock is"
          + " ahead of this machine's; from 1 h on they are rejected"))
  }

  @Test func nothingToReadButPushes() async {
    let lines = await findings { $0.sources = [] }
    #expect(lines[1] == "ok sources: none, only what is pushed counts")
  }

  @Test func aLogThatNobodyWritesTo() async {
    scratch.write(line, to: "a.jsonl")
    clock.advance(.days(4000))
    #expect(await findings()[1].hasSuffix("ago: does the proxy still write to it?"))
  }

  @Test func aRunningDaemonHoldsItsLedger() async throws {
    let rig = Rig()
    try rig.start()
    let lines = await findings { $0.ledger.path = rig.settings.ledger.path }
    #expect(
      lines[2].contains("schema \(LedgerInspection.latestSchema), in use by a running sidelight"))
    rig.stop()
    let later = await findings { $0.ledger.path = rig.settings.ledger.path }
    #expect(later[2].hasSuffix("schema \(LedgerInspection.latestSchema), not in use"))
  }

  @Test func whatIsMissingFails() async {
    let lines = await findings {
      $0.ledger.path = "/nowhere/ledger.db"
      $0.pricesFile = "/nowhere/prices.json"
      $0.web.address = "localhost"
    }
    #expect(
      lines == [
        "FAILED listen: cannot listen on \"localhost\": not an IPv4 or IPv6 address, such as"
          + " 127.0.0.1 or ::1",
        "warning source /*.jsonl: no file matches yet;"
          + " is the callback installed, and does it write there?",
        "FAILED ledger: cannot open the ledger /nowhere/ledger.db: no such file or directory;"
          + " make its directory writable for this user or set ledger.url",
        "FAILED prices: \(lines[3].dropFirst("FAILED prices: ".count))",
      ])
    #expect(lines[3].contains("/nowhere/prices.json"))
  }
}
