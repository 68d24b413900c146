import FoundationEssentials
import Support
import Testing

struct JSONValueTests {
  @Test("members keep their order, those without a value are left out")
  func object() {
    let value = JSONValue.object([
      "z": .integer(-1), "a": .list([.null, .flag(true), .number(0.5)]), "gone": nil,
      "o": .object([:]), "e": .list([]),
    ])
    #expect(value.encoded == #"{"z":-1,"a":[null,true,0.5],"o":{},"e":[]}"#)
  }

  @Test(
    "decimal fractions are exact",
    arguments: [
      (0, 9, "0"), (1, 9, "0.000000001"), (10_000_000_000, 9, "10"), (-1_500_000_000, 9, "-1.5"),
      (.max, 9, "9223372036.854775807"), (.min, 0, "-9223372036854775808"), (120, 2, "1.2"),
      (5, 1, "0.5"),
    ])
  func fixed(_ digits: Int64, _ decimals: Int, _ expected: String) {
    #expect(JSONValue.fixed(digits: digits, decimals: decimals).encoded == expected)
  }

  @Test("numbers that JSON does not know read null", arguments: [Double.nan, .infinity])
  func notFinite(_ number: Double) { #expect(JSONValue.number(number).encoded == "null") }

  @Test("a parser reads every text back")
  func texts() throws {
    let scalars =
      (0...0x2FF).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{1F600}", "\u{10FFFF}"]
    for scalar in scalars {
      let text = "a\(scalar)\"\\b"
      let encoded = JSONValue.list([.text(text)]).encoded
      let decoded = try JSONDecoder().decode([String].self, from: Data(encoded.utf8))
      #expect(decoded == [text])
    }
  }

  @Test("what could move a terminal's cursor or turn the reading direction is escaped")
  func hostileTexts() {
    for (text, quoted) in [
      ("Zürich 東京 😀", #""Zürich 東京 😀""#), ("\r\n\t", #""\r\n\t""#),
      ("\0\u{1B}\u{7F}\u{85}", #""\u0000\u001b\u007f\u0085""#),
      ("a\u{202E}b\u{2028}", #""a\u202eb\u2028""#), ("\u{E0041}", #""\udb40\udc41""#),
    ] {
      #expect(JSONString.quoted(text) == quoted)
      #expect(JSONValue.object([.init(text, .written(quoted))]).encoded == "{\(quoted):\(quoted)}")
    }
  }

  @Test("bytes that are no text are replaced")
  func invalidBytes() {
    let raw: [UInt8] = [0x61, 0xFF, 0x62]
    var bytes: [UInt8] = []
    raw.withUnsafeBytes { JSONString.append($0, to: &bytes) }
    #expect(String(decoding: bytes, as: UTF8.self) == "\"a\u{FFFD}b\"")
  }
}
