import Glibc
import Support
import TestSupport
import Testing

@testable import Ledger

@Suite(.enabled(if: Command.isBuilt, "sidelight is not built; run swift build --build-tests"))
struct NotifyTests {
  private let command = Command(scratch: Scratch())
  private let token = "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz"

  private func configure(_ receivers: String) {
    command.writeConfiguration("receivers: [\(receivers)]")
  }

  @Test func aTestIsSentAndTheAnswerTold() {
    let server = ScriptedServer { request in
      request.path == "/bad" ? [ScriptedServer.answer(500, "oops")] : [ScriptedServer.answer(204)]
    }
    configure(
      "{name: good, webhook: {url: \"\(server.origin)/hook\"}}, "
        + "{name: bad, webhook: {url: \"\(server.origin)/bad\"}}")
    #expect(
      command.run("notify", "good")
        == Command.Result(
          status: 0, output: "good: delivered, \(server.origin): status 204\n", error: ""))
    #expect(server.requests.first?.text.hasPrefix(#"{"type":"test","timestamp":"#) == true)
    let both = command.run("notify", "good", "bad")
    #expect(both.status == 1 && both.error.isEmpty)
    #expect(both.output.hasSuffix("bad: FAILED, \(server.origin): status 500: \"oops\"\n"))
  }

  @Test func telegramsAnswersAreExplained() {
    let server = ScriptedServer { request in
      request.path.hasSuffix("getMe")
        ? [ScriptedServer.answer(200, #"{"ok":true}"#)]
        : [
          ScriptedServer.answer(
            400, #"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#)
        ]
    }
    configure(
      "{name: tg, telegram: {bot_token: \"\(token)\", chat_id: 1, api_url: \"\(server.origin)\"}}")
    let result = command.run("notify", "tg")
    #expect(
      result.output
        == "tg: FAILED, \(server.origin): status 400: \"Bad Request: chat not found\"; check chat_id,"
        + " and that the bot is a member of the chat\n")
    #expect(result.status == 1)
    #expect(server.requests.map(\.path) == ["/bot\(token)/sendMessage"])
    let check = command.run("check")
    #expect(check.output.contains("ok      receiver tg: \(server.origin): can be reached\n"))
  }

  @Test func whatCannotBeReachedIsSaidPlainly() {
    let server = ScriptedServer { _ in [ScriptedServer.answer(302, "", headers: ["Location: /x"])] }
    let gone = ScriptedServer { _ in [] }
    gone.stop()
    configure(
      "{name: moved, webhook: {url: \"\(server.origin)/hook\"}}, "
        + "{name: gone, slack: {url: \"\(gone.origin)/hidden\"}}")
    let result = command.run("notify", "moved", "gone")
    #expect(result.status == 1)
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(
      lines.first
        == "moved: FAILED, \(server.origin): status 302, a redirect, which is never followed;"
        + " configure its target")
    #expect(lines.last?.hasPrefix("gone: FAILED, \(gone.origin): ") == true)
    let check = command.run("check")
    #expect(check.status == 1 && !check.output.contains("hidden"))
    #expect(
      check.output.contains("FAILED  receiver moved: \(server.origin): status 302, a redirect"))
    #expect(check.output.contains("FAILED  receiver gone: \(gone.origin): "))
  }

  @Test func unknownReceiversAreAMistake() {
    configure("{name: ops-slack, slack: {url: \"http://h/x\"}}")
    #expect(
      command.run("notify", "ops_slack")
        == Command.Result(
          status: 2, output: "",
          error: "sidelight: no receiver is called \"ops_slack\", did you mean \"ops-slack\"?\n"))
    #expect(command.run("notify").status == 2)
    command.writeConfiguration()
    #expect(
      command.run("notify", "x").error
        == "sidelight: no receiver is called \"x\" (configured: none)\n")
  }

  @Test func theOutboxIsListedRetriedAndDropped() throws {
    command.writeConfiguration()
    #expect(command.run("outbox").status == 1)
    try fill()
    let listed = command.run("outbox", "list")
    #expect(listed.status == 0 && listed == command.run("outbox"))
    let lines = listed.output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(lines.map(\.first) == ["ID", "1", "2"])
    #expect(lines[1].dropFirst() == ["ops", "due", "2 h", "0", "title a\u{FFFD}"])
    #expect(lines[2].dropFirst() == ["ops", "given up", "2 h", "7", "title b", "refused"])
    #expect(command.run("outbox", "retry", "2").output == "message 2 is due now\n")
    let later = command.run("outbox").output.split(separator: "\n").map {
      $0.split(separator: "\t")
    }
    #expect(later[2].dropFirst() == ["ops", "due", "0 s", "0", "title b", "refused"])
    #expect(
      command.run("outbox", "drop", "1", "7")
        == Command.Result(
          status: 1, output: "message 1 is dropped\n", error: "sidelight: there is no message 7\n"))
    #expect(command.run("outbox").output.split(separator: "\n").count == 2)
  }

  private func fill() throws {
    var options = LedgerOptions()
    options.path = command.scratch.file("ledger.db")
    let ledger = try CostLedger(options: options, role: .owner)
    let created = WallClock.system.now() - .minutes(125)
    _ = try ledger.begin()
    for id in ["a\u{1B}", "b"] {
      _ = try ledger.add(
        OutboxRow(
          receiver: "ops", id: id, orderingKey: "k", title: "title \(id)", body: [],
          created: created))
    }
    try ledger.write(
      OutboxChange(
        number: 2, receiver: "ops", fate: .givenUp(at: created), attempts: 7, isBarred: false,
        answer: "refused"))
    try ledger.commit()
  }

  @Test(arguments: [
    (["outbox", "retry"], "ID is missing; 'sidelight outbox' lists them"),
    (["outbox", "retry", "x"], "\"x\" is no ID; 'sidelight outbox' lists them"),
    (["outbox", "list", "3"], "unexpected argument \"3\""),
    (
      ["outbox", "rety", "3"],
      "unknown action \"rety\", did you mean \"retry\"?"
    ),
  ])
  func mistakes(_ arguments: [String], _ message: String) {
    command.writeConfiguration()
    let result = command.start(arguments).wait()
    #expect(result == Command.Result(status: 2, output: "", error: "sidelight: \(message)\n"))
  }
}
