import Source
import TestSupport
import Testing

@testable import Config

@Suite struct SpendLogSectionTests {
  @Test func aDatabaseIsASource() throws {
    let scratch = Scratch()
    scratch.write("geheim\n", to: "password")
    let read = try decode(
      """
      sources:
        - file: a
        - spend_logs: postgres://sidelight@db:5433/litellm?sslmode=require
          password_file: password
          settle_after: 3m
          start: end
      """, file: scratch.file("sidelight.yaml"))
    let source = read.sources[1]
    #expect(
      source.input == .spendLogs(url: "postgres://sidelight@db:5433/litellm?sslmode=require"))
    #expect(source.password == "geheim" && source.start == .end && source.isSpendLogs)
    #expect(source.name == "postgres://db:5433/litellm")
    #expect(read.secretFiles == [scratch.file("password")])
    #expect(!read.redacted().contains("geheim"))
  }

  @Test func aPasswordInTheURLIsShownToNobody() throws {
    let read = try decode("sources: [{spend_logs: 'postgresql://u:geheim@db/litellm'}]")
    #expect(read.sources[0].name == "postgres://db/litellm")
    #expect(read.secretFiles == ["sidelight.yaml"])
    #expect(!read.redacted().contains("geheim") && !read.redactedJSON().contains("geheim"))
    let hidden = try decode(
      "sources: [{spend_logs: '${URL}'}]", environment: ["URL": "postgres://u:geheim@db/litellm"])
    #expect(hidden.secretFiles == [])
  }

  @Test(arguments: [
    (
      "{spend_logs: 'mysql://h/d'}",
      #"1:24: sources[0].spend_logs: expected a URL such as postgres://user@host/database, got "#
        + #""mysql://h/d""#
    ),
    (
      "{spend_logs: 'postgres://h/d', file: a}",
      "1:48: sources[0].file: given together with spend_logs, which is no log"
    ),
    (
      "{spend_logs: 'postgres://h/d', format: native}",
      "1:50: sources[0].format: given together with spend_logs, which is no log"
    ),
    ("{file: a, password: x}", "1:31: sources[0].password: given without spend_logs"),
  ])
  func mistakes(source: String, expected: String) {
    #expect(problems("sources: [\(source)]") == expected)
  }
}
