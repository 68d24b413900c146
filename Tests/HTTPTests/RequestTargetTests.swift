import Testing

@testable import HTTP

@Suite struct RequestTargetTests {
  @Test(arguments: [
    ("/", "/"), ("/-/ready", "/-/ready"), ("/gate/a%20b", "/gate/a b"), ("/a+b", "/a+b"),
    ("/%C3%A9", "/é"), ("/%2541", "/%41"), ("/a%2Fb", "/a/b"), ("//x/../y", "//x/../y"),
    ("/x#y", "/x#y"),
  ])
  func pathIsDecodedOnce(raw: String, path: String) throws {
    #expect(try RequestTarget(Array(raw.utf8)).path == path)
    #expect(try RequestTarget(Array(raw.utf8)).query == [:])
  }

  @Test func queryKeepsOrderAndRepeats() throws {
    let raw = "/u?by=model&from=a%26b+c&by=key%3D&flag&&empty=&=v&e=a=b?c"
    let query = try RequestTarget(Array(raw.utf8)).query
    #expect(
      query == [
        "by": "model", "from": "a&b c", "by": "key=", "flag": "", "empty": "", "": "v",
        "e": "a=b?c",
      ])
    #expect(query["by"] == "model")
    #expect(query["By"] == nil)
    #expect(query.all("by") == ["model", "key="])
    #expect(query.names == ["by", "from", "flag", "empty", "", "e"])
  }

  @Test(arguments: ["/%", "/%4", "/%zz", "/%-1", "/a?b=%", "/a?%=b", "/%%34"])
  func halfEscapeIsRefused(raw: String) {
    #expect(throws: RequestTarget.Failure.badEscape) { try RequestTarget(Array(raw.utf8)) }
  }

  @Test(arguments: ["/%00", "/a%0d%0ab", "/%7f", "/a?b=%00", "/a?%00=b", "/a b", "/a?b\tc"])
  func controlCharacterIsRefused(raw: String) {
    #expect(throws: RequestTarget.Failure.controlCharacter) { try RequestTarget(Array(raw.utf8)) }
  }

  @Test(arguments: ["/%ff", "/%c0%af", "/%ed%a0%80", "/a?b=%80"])
  func invalidTextIsRefused(raw: String) {
    #expect(throws: RequestTarget.Failure.notText) { try RequestTarget(Array(raw.utf8)) }
  }

  @Test func rawBytesAreText() throws {
    #expect(try RequestTarget(Array("/é?é".utf8)).path == "/é")
    #expect(throws: RequestTarget.Failure.notText) { try RequestTarget([0x2f, 0xff]) }
  }

  @Test(arguments: ["", "*", "http://localhost/metrics", "metrics", "?a"])
  func whatIsNoPathIsRefused(raw: String) {
    #expect(throws: RequestTarget.Failure.notAPath) { try RequestTarget(Array(raw.utf8)) }
  }
}
