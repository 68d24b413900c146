import Testing

@testable import Support

@Suite struct SuggestionTests {
  @Test(arguments: [
    ("", "", 0), ("abc", "", 3), ("", "ab", 2), ("limt", "limit", 1), ("kitten", "sitting", 3),
    ("ab", "ba", 1), ("ledgre", "ledger", 1), ("ca", "abc", 3),
  ])
  func distance(_ left: String, _ right: String, _ edits: Int) {
    #expect(Suggestion.distance(left, right) == edits)
    #expect(Suggestion.distance(right, left) == edits)
  }

  @Test func nearestWins() {
    let words = ["listen", "instance", "web", "key"]
    #expect(Suggestion.nearest(to: "lisen", in: words) == "listen")
    #expect(Suggestion.nearest(to: "LISTEN", in: words) == "listen")
    #expect(Suggestion.nearest(to: "wb", in: words) == "web")
    #expect(Suggestion.nearest(to: "ab", in: words) == nil)
    #expect(Suggestion.nearest(to: "xyz", in: words) == nil)
    #expect(Suggestion.nearest(to: "aab", in: ["ab", "aac"]) == "ab")
    #expect(Suggestion.nearest(to: String(repeating: "a", count: 1000), in: ["a"]) == nil)
    #expect(Suggestion.hint(for: "limt", in: ["limit"]) == #", did you mean "limit"?"#)
    #expect(Suggestion.hint(for: "other", in: ["limit"]) == "")
  }
}

@Suite struct QuotedTextTests {
  @Test(arguments: [
    ("", #""""#), ("a\"b\\", #""a\"b\\""#), ("a\tb\n", #""a\tb\n""#),
    ("\u{1B}[31m\u{0}", #""\u{1b}[31m\u{0}""#), ("a\u{202E}b\u{2028}", #""a\u{202e}b\u{2028}""#),
    ("é☃", "\"é☃\""),
  ])
  func escaped(_ text: String, _ quoted: String) {
    #expect(text.quoted == quoted)
  }

  @Test func cut() {
    #expect(String(repeating: "a", count: 80).quoted.count == 82)
    #expect(String(repeating: "a", count: 81).quoted == "\"\(String(repeating: "a", count: 80))…\"")
  }
}
