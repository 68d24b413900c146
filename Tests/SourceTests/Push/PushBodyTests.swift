import TestSupport
import Testing

@testable import Source

/// Bodies into elements.
@Suite struct PushBodyTests {
  /// The elements, or why there are none.
  private func elements(
    _ body: [UInt8], isPacked: Bool = false, maxLine: Int = 1 << 20
  ) -> Result<[String], Failure> {
    do throws(PushBody.Failure) {
      let delivery = PushDelivery(body: body, isPacked: isPacked) { _ in }
      var body = try PushBody(delivery, maxLine: maxLine)
      var found: [String] = []
      while let element = body.element() {
        #expect(
          element.index == found.count && element.count == element.text?.count ?? element.count)
        found.append(element.text.map { String(decoding: $0, as: UTF8.self) } ?? "too long")
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
      ("{}", ["{}"]), ("\n{\"a\":\n1}\n", ["{\"a\":\n1}"]),
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

  /// What is in an element is its own affair.
  @Test func notEvenUTF8() {
    let body = Array("[{\"a".utf8) + [0xFF, 0xFE] + Array("\"},nul,{}]".utf8)
    #expect(elements(body) == .success(["{\"a\u{FFFD}\u{FFFD}\"}", "nul", "{}"]))
  }

  @Test func elementsThatAreTooLongAreLeftOut() {
    let long = String(repeating: "x", count: 100_000)
    let bodies = [
      ("[1,\"\(long)\",{},[\"\(long)\"]]", "1"), ("{\"a\":1}\n\(long)\n{}\n\(long)", "{\"a\":1}"),
    ]
    for (body, first) in bodies {
      let bytes = Array(body.utf8)
      let expected = [first, "too long", "{}", "too long"]
      #expect(elements(bytes, maxLine: 99_999) == .success(expected))
      #expect(elements(Packed.gzip(bytes), isPacked: true, maxLine: 99_999) == .success(expected))
    }
  }

  /// Where a body is cut into pieces makes no difference.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func anyPieces(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let tokens = [
      "[", "]", "{", "}", ",", ":", "\"", "\\", "\\\"", "\n", "\r\n", " ", "1", "a", "{}", "{}\n",
    ]
    let first = ["[", "{", "{}\n", "[{}"].randomElement(using: &random) ?? ""
    let text = Array(
      (first
        + (0..<Int.random(in: 0...30, using: &random)).map { _ in
          tokens.randomElement(using: &random) ?? ""
        }.joined()).utf8)
    func scan(_ size: (inout SeededRandom) -> Int) -> Result<[Range<Int>], ElementScan.Failure> {
      do throws(ElementScan.Failure) {
        var scan = ElementScan(most: 10)
        var rest = text[...]
        while !rest.isEmpty {
          let piece = Array(rest.prefix(size(&random)))
          rest = rest.dropFirst(piece.count)
          var failure: ElementScan.Failure?
          piece.withUnsafeBytes { bytes in
            do throws(ElementScan.Failure) { try scan.take(bytes) } catch { failure = error }
          }
          if let failure { throw failure }
        }
        return .success(try scan.elements())
      } catch {
        return .failure(error)
      }
    }
    let whole = scan { _ in text.count }
    #expect(scan { _ in 1 } == whole)
    #expect(scan { Int.random(in: 1...5, using: &$0) } == whole)
  }

  @Test func deepNesting() {
    let depth = 100_000
    let body = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let found = elements(Array(body.utf8))
    #expect((try? found.get().map(\.utf8.count)) == [body.utf8.count - 2])
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
