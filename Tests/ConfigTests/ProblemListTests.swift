import Testing

@testable import Config

/// Many mistakes in one file.
struct ProblemListTests {
  @Test func allAtOnceInTheOrderOfTheFile() {
    let yaml = """
      lisen: :1
      sources:
        - format: nativ
          file: a
        - start: end
      ledger: {dedup: 1s, url: mysql://abc, retantion: 1d}
      instance: a
      instance: b
      web:
        token: *t
      """
    #expect(
      problems(yaml) == """
        1:1: unknown key "lisen", did you mean "listen"?
        3:13: sources[0].format: expected one of auto, native, litellm, got "nativ", \
        did you mean "native"?
        5:5: sources[1] names nothing to read, expected file, stdin: true or spend_logs
        6:17: ledger.dedup: 1s is not within 1h to 90d: a repeat that comes later is counted again
        6:26: ledger.url: expected a URL such as sqlite:///var/lib/sidelight/ledger.db
        6:39: unknown key "retantion" in ledger, did you mean "retention"?
        8:1: key "instance" is given twice, first at 7:1
        10:10: aliases (*name) are not supported, write the value out
        """)
  }

  /// What follows from another mistake is not told besides.
  @Test(arguments: [
    ("sources: [{stdin: x}]", 1), ("sources: [{file: }, {file: }]", 2),
    ("ledger: {retention: x, detail: 500d}", 1), ("ledger: {detail: 500d, retention: ''}", 1),
    ("labels: {extra: {tier: x}, limits: {value: 5}}", 1),
    ("labels: {extra: [tier], limits: [tier]}", 2), ("sources: [*a]\nweb: *b", 2),
  ])
  func noMistakeIsToldTwice(_ yaml: String, _ count: Int) {
    #expect(problems(yaml).split(separator: "\n").count == count, "\(problems(yaml))")
  }

  @Test func problemsAreBounded() throws {
    let yaml = (0..<250).map { "unknown\($0): 1\n" }.joined()
    let error = #expect(throws: ConfigError.self) { try decode(yaml) }
    #expect(error?.problems.count == 100)
    #expect(error?.omitted == 150)
    #expect(error?.description.hasSuffix("\nand 150 more problems") == true)
    #expect(
      error?.problems.first?.description
        == #"sidelight.yaml:1:1: unknown key "unknown0" (known: \#(MistakeTests.known))"#)
  }
}
