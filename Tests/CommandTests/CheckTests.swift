import Glibc
import Support
import TestSupport
import Testing

@Suite(.enabled(if: Command.isBuilt, "sidelight is not built; run swift build --build-tests"))
struct CheckTests {
  private let command = Command(scratch: Scratch())
  private var scratch: Scratch { command.scratch }

  private func check() -> (status: Int32, lines: [String]) {
    let result = command.run("check")
    #expect(result.error.isEmpty)
    return (result.status, result.output.split(separator: "\n").map(String.init))
  }

  @Test func whatIsNotThereYetIsNoFailure() {
    command.writeConfiguration()
    let (status, lines) = check()
    #expect(status == 0)
    #expect(lines.map { $0.prefix { $0 != " " } } == ["ok", "ok", "warning", "ok"])
    #expect(lines.first?.contains("sidelight.yaml") == true)
    #expect(lines.last?.hasSuffix("ledger.db will be made") == true)
    #expect(command.size(of: "ledger.db") == 0)
  }

  @Test func aGoodSetUp() {
    command.writeConfiguration("prices: {file: prices.json}\nweb: {token_file: token}")
    scratch.write(#"{"m": {"input_cost_per_token": 1e-6}, "n": {}}"#, to: "prices.json")
    scratch.write("secret", to: "token")
    chmod(scratch.file("token"), 0o644)
    scratch.write(LogLine.native("a", end: time(nil) - 60), to: "native.jsonl")
    #expect(command.run("import", "native.jsonl").status == 0)
    var (status, lines) = check()
    #expect(status == 0)
    #expect(
      lines.map { $0.prefix { $0 != " " } } == ["ok", "ok", "ok", "ok", "ok", "warning"])
    #expect(lines.count == 6 && lines[2].contains("1 file, "))
    #expect(lines.count == 6 && lines[5].hasSuffix("token is open to every user; chmod o= token"))
    chmod(scratch.file("token"), 0o600)
    (status, lines) = check()
    #expect(status == 0 && lines.last?.hasSuffix("token is closed to other users") == true)
  }

  @Test func whatKeepsItFromItsWorkFails() {
    command.writeConfiguration("prices: {file: prices.json}")
    scratch.write("not a database, but longer than a header would be", to: "ledger.db")
    let (status, lines) = check()
    #expect(status == 1)
    let failed = lines.filter { $0.hasPrefix("FAILED") }
    #expect(failed.count == 2)
    #expect(failed.first?.contains("ledger.db") == true)
    #expect(failed.last?.contains("prices.json") == true)
  }
}
