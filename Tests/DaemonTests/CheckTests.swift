import Config
import HTTP
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

  @Test(
    arguments: [
      (
        "0.0.0.0", nil, "",
        "warning access: page and API are shut: set web.token_file, or"
          + " basic_auth_users in web.config_file; open to all: /metrics"
      ),
      (
        "0.0.0.0", "t", "",
        "warning access: page and API need the token; open to all: /metrics;"
          + " without TLS, whoever listens on the way can read them"
      ),
      (
        "0.0.0.0", "t", "NoClientCert",
        "ok access: page and API need the token; open to all: /metrics"
      ),
      (
        "0.0.0.0", nil, "RequireAndVerifyClientCert",
        "ok access: for whoever shows a certificate of"
          + " client_ca; open to all: /metrics"
      ),
      ("127.0.0.1", nil, "NoClientCert", "ok access: from this machine only, where all is open"),
    ] as [(String, String?, String, String)])
  func whoIsLetIn(address: String, token: String?, clientAuth: String, expected: String)
    async throws
  {
    let file = scratch.write(
      """
      tls_server_config:
        cert_file: \(TestData.path("tls/server.pem"))
        key_file: \(TestData.path("tls/server.key"))
        client_auth_type: \(clientAuth)
      \(clientAuth.hasPrefix("Require") ? "  client_ca_file: \(TestData.path("tls/ca.pem"))" : "")
      http_server_config: {http2: true}
      """, to: "web.yml")
    let access = clientAuth.isEmpty ? nil : try WebFile.load(file)
    let lines = await findings {
      ($0.web.address, $0.web.token, $0.web.open) = (address, token, ["/metrics"])
      $0.web.configFile = access == nil ? nil : file
      $0.web.access = access ?? $0.web.access
    }
    #expect(lines[1] == expected)
    #expect(lines.contains { $0.contains("http2: true") } == (access != nil))
    guard access != nil else { return }
    #expect(
      lines[2].hasPrefix("ok certificate: localhost, 127.0.0.1, ::1: valid until 2120-01-01 00:00"))
    clock.advance(.days(36_600))
    let late = await findings {
      $0.web.configFile = file
      $0.web.access = access ?? $0.web.access
    }
    #expect(late[2] == "FAILED certificate: localhost, 127.0.0.1, ::1: expired on 2120-01-01 00:00")
  }
}
