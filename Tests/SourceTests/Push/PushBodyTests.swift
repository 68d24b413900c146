import TestSupport
import Testing

@testable import Source

/// Bodies into elements.
@Suite struct PushBodyTests {
  /// The elements, or why there are none.
  private func elements(_ body: [UInt8], isPacked: Bool = false) -> Result<[String], Failure> {
    do throws(PushBody.Failure) {
      var body = try PushBody(PushDelivery(body: body, isPacked: isPacked) { _ in })
      var found: [String] = []
      while let element = body.element() {
        #expect(element.index == found.count)
        found.append(String(decoding: element.text, as: UTF8.self))
      }
      return .success(found)
    } catch {
      return .failure(Failure(reason: error))
    }
  }

  private struct Failure: Error, Equatable {
    var reason: PushBody.Failure
  }

  @Test(
    arguments: [
      ("[]", []), (" [ ]\n", []), ("[{}]", ["{}"]),
      ("[ {\"a\":[1,{}]} ,{}\n]", ["{\"a\":[1,{}]}", "{}"]),
      (
        "[1, -2.5e3 ,\"a]b\\\"c\",null,[[],[{}]],true]",
        ["1", "-2.5e3", "\"a]b\\\"c\"", "null", "[[],[{}]]", "true"]
      ),
      ("{}", ["{}"]), ("\n{\"a\":\n1}\n", ["\n{\"a\":\n1}\n"]),
      ("{}\n{}", ["{}", "{}"]), ("{\"a\":1}\r\n\n \n[1]\nx\n", ["{\"a\":1}", "[1]", "x"]),
      ("{\n{}\n", ["{", "{}"]), ("[{\"a\":\"é\u{1F600}\"}]", ["{\"a\":\"é\u{1F600}\"}"]),
    ] as [(String, [String])])
  func whatABodyHolds(_ body: String, _ expected: [String]) {
    #expect(elements(Array(body.utf8)) == .success(expected))
    #expect(elements(Packed.gzip(Array(body.utf8)), isPacked: true) == .success(expected))
  }

  @Test(arguments: [
    "[", "[1", "[[1]", "[{\"a\":[1}]", "{\"a\":{}", "[1,]", "[,1]", "[1 2]", "[]]", "[][]", "[{]}",
    "{", "{}{}", "[\"a]",
  ])
  func whatIsNotJSON(_ body: String) {
    #expect(
      elements(Array(body.utf8))
        == .failure(Failure(reason: .malformed("the body is not valid JSON"))))
  }

  @Test func notEvenUTF8() {
    let body = Array("[\"".utf8) + [0xFF, 0xFE] + Array("\"]".utf8)
    #expect(elements(body) == .failure(Failure(reason: .malformed("the body is not valid JSON"))))
  }

  @Test func deepNesting() {
    let depth = 100_000
    let body = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let found = elements(Array(body.utf8))
    // Whether it is too deep for the parser is its own business; it must come to an end.
    #expect((try? found.get().count) ?? 1 == 1)
  }

  /// Whole elements are found as they were written, whatever is in them.
  @Test(arguments: 0..<50 as Range<UInt64>)
  func anyArray(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func value(_ depth: Int) -> String {
      switch Int.random(in: 0...(depth > 3 ? 4 : 6), using: &random) {
      case 0: return "\(Int.random(in: -1000...1000, using: &random))"
      case 1: return ["true", "false", "null", "1e9"].randomElement(using: &random) ?? ""
      case 2...4:
        let pieces = ["a", "]", "}", "[{", ",", ":", "\\\"", "\\\\", "\\u0041", "é", " "]
        return "\""
          + (0..<Int.random(in: 0...40, using: &random)).map { _ in
            pieces.randomElement(using: &random) ?? ""
          }.joined() + "\""
      case 5:
        return "["
          + (0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth + 1) }
          .joined(separator: " ,") + "]"
      default:
        return "{"
          + (0..<Int.random(in: 0...4, using: &random)).map { "\"k\($0)\" : " + value(depth + 1) }
          .joined(separator: ",") + "}"
      }
    }
    let expected = (0..<Int.random(in: 0...30, using: &random)).map { _ in value(0) }
    #expect(elements(Array("[\(expected.joined(separator: " , "))]".utf8)) == .success(expected))
  }

  /// Cut or changed anywhere, a body gives elements or a reason.
  @Test func damagedBodies() {
    let text = Array("[{\"a\":[1,{\"b\":\"c\\\"d\"}]},{\"e\":null},{}]".utf8)
    for (body, isPacked) in [(text, false), (Packed.gzip(text), true)] {
      for place in body.indices {
        _ = elements(Array(body[..<place]), isPacked: isPacked)
        for byte in [0, 0x22, 0x5B, 0x5D, 0x7B, 0xFF] as [UInt8] {
          var damaged = body
          damaged[place] = byte
          if case .success(let found) = elements(damaged, isPacked: isPacked) {
            #expect(found.joined().utf8.count <= text.count + 64)
          }
        }
      }
    }
  }
}
