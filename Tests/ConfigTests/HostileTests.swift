import Testing

@testable import Config

@Suite struct HostileTests {
  @Test(arguments: [
    (
      "web:\n\topen: []",
      "2:1: not valid YAML: found character that cannot start any token,"
        + " while scanning for the next token (indent with spaces, not with tabs)"
    ),
    (
      "web: {token: ${T}}",
      "1:15: not valid YAML: did not find expected ',' or '}', while parsing a flow mapping"
        + " that begins at 1:6"
        + #" (inside { } and [ ], write "${NAME}" in quotes)"#
    ),
    (
      "a: [1",
      "1:6: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence"
        + " that begins at 1:4"
    ),
    (
      "listen: [::]:80",
      "1:10: not valid YAML: did not find expected node content, while parsing a flow node"
        + " (write an address with [ ] in quotes)"
    ),
    ("a: 1\n---\nb: 2", "2:1: a second document begins here, only one is read"),
    ("a: &x 1", "1:4: anchors (&name) and tags (!name) are not supported, write the value out"),
    (
      "instance: !!str 1",
      "1:11: anchors (&name) and tags (!name) are not supported, write the value out"
    ),
    ("instance: a\u{0}b", "1:12: not valid YAML: control characters are not allowed"),
    ("a: 1\nb: é\u{1B}", "2:5: not valid YAML: control characters are not allowed"),
  ])
  func notYAML(_ yaml: String, _ told: String) {
    #expect(problems(yaml).split(separator: "\n").contains { $0 == told }, "\(problems(yaml))")
  }

  @Test func invalidUTF8() {
    #expect(
      problems(Array("a: 1\nbé: ".utf8) + [0xFF, 0x0A])
        == "2:5: not valid YAML: invalid leading UTF-8 octet")
    #expect(
      problems(Array("instance: ".utf8) + [0xC0, 0x80])
        == "1:11: not valid YAML: invalid length of a UTF-8 sequence")
    #expect(
      problems([0xFF, 0xFE, 0x61, 0x00]) == "1:1: not valid YAML: invalid leading UTF-8 octet")
  }

  @Test func byteOrderMarkIsSkipped() throws {
    #expect(try decode("\u{FEFF}instance: a").instance == "a")
  }

  @Test func nestingIsBounded() {
    let open = String(repeating: "[", count: 100_000)
    #expect(problems(open) == "1:34: nested deeper than 32 levels, the most allowed")
    let block = (0..<40).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(problems(block).hasSuffix("nested deeper than 32 levels, the most allowed"))
  }

  @Test func billionLaughsAreRefused() {
    let yaml = """
      a: &a [x, x, x]
      b: &b [*a, *a, *a]
      instance: [*b, *b]
      """
    let told = problems(yaml).split(separator: "\n")
    #expect(told.filter { $0.hasSuffix("not supported, write the value out") }.count == 7)
    #expect(told.last == "3:16: aliases (*name) are not supported, write the value out")
  }

  @Test func sizeIsBounded() {
    #expect(
      problems(String(repeating: "a", count: (1 << 20) + 1))
        == "1:1: larger than 1MiB, the most allowed")
    #expect(
      problems("a: [\(String(repeating: "1,", count: 60_000))]")
        == "1:99999: more than 50000 values, the most allowed")
  }

  @Test func anEndlessWordIsCutInMessages() {
    let told = problems("instance: [\(String(repeating: "a", count: 500_000))]")
    #expect(told == "1:11: instance: expected a name such as proxy-1, got a list")
    let word = problems("sources: \(String(repeating: "a", count: 500_000))")
    #expect(word.count < 200)
    #expect(word.hasSuffix("aaa…\""))
  }

  /// A valid file, broken at random: it is read or its problems have places within it.
  @Test func randomDamage() throws {
    let valid = Array(
      """
      listen: "[::1]:80"
      web: {token: s3cret, open: [/-/ready], hosts: [a.example.org]}
      sources:
        - file: logs/*.jsonl
          settle_after: 90s
        - stdin: true
      ledger:
        url: sqlite:data/ledger.db
        retention: ${R:-400d}
      labels:
        power_level: ["tag:level=*", meta.level]
        limits: {key: 2k}
      # é ☃
      """.utf8)
    #expect(problems(valid) == "")
    let alphabet = Array("\n\n\t :-[]{},&*!|>'\"%@`#?~$\u{0}\u{1B}aé0".utf8) + [0x80, 0xFF]
    var random = SplitMix(state: 20_261_121)
    var refused = 0
    for _ in 0..<4000 {
      var text = valid
      for _ in 0...random.below(4) { random.damage(&text, alphabet) }
      do throws(ConfigError) {
        _ = try Configuration.decode(text, file: "f", environment: [:])
      } catch {
        refused += 1
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).count
        let marks = error.problems.compactMap(\.mark)
        try #require(marks.count == error.problems.count && !marks.isEmpty)
        try #require(marks == marks.sorted())
        for mark in marks {
          // YAML also ends lines at CR, NEL, LS and PS, of which the alphabet has none.
          try #require((1...lines).contains(mark.line) && mark.column >= 1, "\(error)")
        }
      }
    }
    #expect(refused > 2000 && refused < 4000)
  }
}

/// Sebastiano Vigna's splitmix64: the same damage at each run.
private struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }

  mutating func damage(_ text: inout [UInt8], _ alphabet: [UInt8]) {
    let place = below(text.count)
    let other = below(text.count)
    switch below(5) {
    case 0: text[place] = alphabet[below(alphabet.count)]
    case 1: text.insert(alphabet[below(alphabet.count)], at: place)
    case 2: text.remove(at: place)
    case 3: text.swapAt(place, other)
    default: text.insert(contentsOf: text[min(place, other)..<max(place, other)], at: place)
    }
  }
}
