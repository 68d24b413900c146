import TestSupport
import Testing

@testable import Source

/// What was seen of earlier lines helps to find keys, and must change nothing else.
@Suite struct KeyOrderTests {
  private static let paths = [
    ["a"], ["model"], ["meta", "level"], ["meta", "deep", "x"], ["meta"], ["c", "a"],
    ["a key that is longer than what is compared at once in one go"], [""],
  ]

  private func told(_ line: String, by json: JSONLine) -> [String] {
    let padded = Array(line.utf8) + [UInt8](repeating: 0x3A, count: JSONLine.padding)
    return padded.withUnsafeBytes { bytes in
      do throws(JSONLine.Problem) {
        try json.parse(UnsafeRawBufferPointer(rebasing: bytes.dropLast(JSONLine.padding)))
      } catch {
        return ["\(error)"]
      }
      return Self.paths.indices.map { slot in
        let value = json[slot]
        let kind =
          [
            value.isPresent, value.isMissing, value.isNumber, value.isString, value.isObject,
          ].map { $0 ? "1" : "0" }.joined()
        return "\(kind) \(String(decoding: value.text, as: UTF8.self))"
      }
    }
  }

  private func object(_ random: inout SeededRandom, depth: Int = 0) -> String {
    let keys = [
      "a", "model", #"mod\u0065l"#, "meta", "level", "deep", "x", "c", "", "unknown", #"\""#,
      "mode",
      "models", Self.paths[6][0], "other-\(Int.random(in: 0..<300, using: &random))",
    ]
    let fields = (0..<Int.random(in: 0...8, using: &random)).map { _ in
      let space = Bool.random(using: &random) ? " " : ""
      let value =
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2 where depth < 3: object(&random, depth: depth + 1)
        case 3: "[1,{\"a\":2}]"
        case 4: "null"
        case 5: "\"}\\\",\""
        default: "\(Int.random(in: 0..<100, using: &random))"
        }
      return "\"\(keys.randomElement(using: &random) ?? "")\"\(space):\(space)\(value)"
    }
    return "{\(fields.joined(separator: ","))}"
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func whatCameBeforeDoesNotMatter(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let learned = JSONLine(paths: Self.paths)
    var line = object(&random)
    for _ in 0..<200 {
      if Bool.random(using: &random) { line = object(&random) }
      var broken = line
      if Int.random(in: 0..<4, using: &random) == 0 {
        broken.remove(at: broken.indices.randomElement(using: &random) ?? broken.startIndex)
      }
      let fresh = JSONLine(paths: Self.paths)
      #expect(told(broken, by: learned) == told(broken, by: fresh), "\(broken)")
    }
  }

  @Test func aKeyEndsWhereItsQuoteDoes() {
    let json = JSONLine(paths: Self.paths)
    for line in [#"{"model":"1"}"#, #"{"models":"2"}"#, #"{"mode":"3"}"#, #"{"model\"":"4"}"#] {
      let isModel = line.contains("1")
      #expect(told(line, by: json)[1].hasSuffix(isModel ? "1" : " "), "\(line)")
    }
    #expect(told(#"{"mod\u0065l":"5"}"#, by: json)[1].hasSuffix("5"))
    #expect(told(#"{"model""model":1}"#, by: json) == ["notJSON"])
    #expect(told(#"{"model" "#, by: json) == ["notJSON"])
    #expect(told(#"{"model""#, by: json) == ["notJSON"])
  }
}
