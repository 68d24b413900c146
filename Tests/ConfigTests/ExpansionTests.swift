import Testing

@testable import Config

@Suite struct ExpansionTests {
  static let environment = ["NAME": "proxy", "EMPTY": "", "NESTED": "${NAME}", "_X1": "é"]

  @Test(arguments: [
    ("a${NAME}b", "aproxyb"), ("${NAME}${NAME}", "proxyproxy"), ("${NONE:-x}", "x"),
    ("${NONE:-}", ""), ("${EMPTY}", ""), ("${EMPTY:-x}", "x"), ("${NAME:-x}", "proxy"),
    ("${NONE:-a:-b}", "a:-b"), ("${NESTED}", "${NAME}"), ("${_X1}", "é"), ("$$", "$"),
    ("$${NAME}", "${NAME}"), ("$$$$", "$$"), ("$NAME $ a$", "$NAME $ a$"), ("", ""),
  ])
  func expands(_ written: String, _ meant: String) throws {
    #expect(try Expansion(environment: Self.environment).expand(written) == meant)
  }

  @Test(arguments: [
    (
      "${NONE}",
      #"the environment variable NONE is not set and has no default ("${NONE:-default}")"#
    ),
    ("a${NAME", #""${" without "}", write "$${" for the characters themselves"#),
    ("${}", #""${" without a variable's name, write "${NAME}" or "${NAME:-default}""#),
    ("${A B}", #""${" without a variable's name, write "${NAME}" or "${NAME:-default}""#),
    ("${A-x}", #""${" without a variable's name, write "${NAME}" or "${NAME:-default}""#),
  ])
  func refuses(_ written: String, _ told: String) {
    #expect(throws: Complaint(told)) {
      try Expansion(environment: Self.environment).expand(written)
    }
  }

  @Test func growthIsBounded() {
    let expansion = Expansion(environment: ["BIG": String(repeating: "x", count: 40_000)])
    #expect(throws: Complaint("is longer than 64KiB")) { try expansion.expand("${BIG}${BIG}") }
  }

  @Test func inAFile() throws {
    let yaml = "instance: ${NAME}-1\nlisten: '${PORT:-80}'\nsources: [{stdin: \"${ON}\"}]"
    let read = try decode(yaml, environment: ["NAME": "a", "ON": "true"])
    #expect(read.instance == "a-1")
    #expect(read.web.port == 80)
    #expect(read.sources.map(\.name) == ["stdin"])
  }

  @Test func placeOfTheVariable() {
    #expect(
      problems("web:\n  token: ${TOKEN}\nledger:\n  dedup: ${D:-soon}") == """
        2:10: web.token: the environment variable TOKEN is not set and has no default \
        ("${TOKEN:-default}")
        4:10: ledger.dedup: expected a duration such as "2m", got "soon"
        """)
  }

  @Test func noMessageShowsASecret() {
    for yaml in ["web: {token: hunter2 x}", "web: {token: \"hunter2\\n\"}", "web: [hunter2]"] {
      #expect(!problems(yaml).isEmpty)
      #expect(!problems(yaml).contains("hunter2"))
    }
    let told = problems("web: {token: \"${T}\"}", environment: ["T": "hunter2\u{7}"])
    #expect(told == "1:14: web.token: holds a control character or a line break")
  }
}
