import Testing

@testable import Source

@Suite struct ContainerFrameTests {
  private func read(_ line: String) -> String? {
    Array(line.utf8).withUnsafeBytes { bytes in
      guard let frame = ContainerFrame(bytes) else { return nil }
      let text = String(decoding: bytes[frame.text], as: UTF8.self)
      return "\(frame.stream) \(frame.isFinal ? "F" : "P") \(text)"
    }
  }

  @Test(
    arguments: [
      (#"{"log":"a\n","stream":"stdout","time":"2016-10-06T00:17:09.669794202Z"}"#, "stdout F a"),
      (#"{"log":"a","stream":"stderr","time":"2016-10-06T00:17:09.6Z"}"#, "stderr P a"),
      (#"{"log":"","stream":"stderr","time":"2016-10-06T00:17:09.6Z"}"#, "stderr P "),
      (#"{"log":"\n","stream":"stdout","time":"x"}"#, "stdout F "),
      // A backslash before an n is no line's end.
      (#"{"log":"a\\n","stream":"stdout","time":"x"}"#, #"stdout P a\\n"#),
      (#"{"log":"a\\\n","stream":"stdout","time":"x"}"#, #"stdout F a\\"#),
      (
        #"{"log":"a\n","stream":"stdout","attrs":{"tag":"b","stream":"c"},"time":"x"}"#,
        "stdout F a"
      ),
      (
        #"{"log":"{\"stream\":\"stderr\",\"time\":\"1\"}\n","stream":"stdout","time":"x"}"#,
        #"stdout F {\"stream\":\"stderr\",\"time\":\"1\"}"#
      ),
      ("2016-10-06T00:17:09.669794202Z stdout F a b", "stdout F a b"),
      ("2016-10-06T00:17:09.669794202+02:00 stderr P a", "stderr P a"),
      ("2016-10-06T00:17:09.669794202Z stdout P:x:y a", "stdout P a"),
      ("2016-10-06T00:17:09.669794202Z stdout F ", "stdout F "),
      ("2016-10-06T00:17:09.669794202Z stdout F", "stdout F "),
    ])
  func frames(line: String, meaning: String) { #expect(read(line) == meaning) }

  @Test(
    arguments: [
      "", "{", #"{"log":""#, #"{"log":"a"}"#, #"{"log":"a","x":1}"#,
      #"{"log":"a","stream":"stdin","time":"x"}"#, #"{"log":"a","stream":"stdout"#,
      #"{"log":"a\"}"#, #"{"log":"\"#, #"{"log": "a","stream":"stdout","time":"x"}"#,
      #"{"v":1,"kind":"request","log":"a\n","stream":"stdout"}"#,
      "2016-10-06T00:17:09.669794202Z stdin F a", "2016-10-06T00:17:09.669794202Z stdout X a",
      "2016-10-06T00:17:09.669794202Z stdout Full a", "2016-10-06T00:17:09.669794202Z stdout ",
      "2016-10-06T00:17:09.669794202Z", "2016-10-06 00:17:09 stdout F a", "123456789",
    ])
  func others(line: String) { #expect(read(line) == nil) }

  @Test(
    arguments: [
      (#"a\"b\\c\/d\n\r\t\b\f"#, "a\"b\\c/d\n\r\t\u{8}\u{C}"), (#"\u003c\u00E9\u20ac"#, "<é€"),
      (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, "\u{FFFD}"), (#"\ude00x"#, "\u{FFFD}x"),
      (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\u12"#, #"\u12"#), (#"\x"#, #"\x"#), (#"\"#, #"\"#),
      (#"\u0000"#, "\0"), ("", ""),
    ])
  func unescape(text: String, meaning: String) {
    let bytes = Array(text.utf8)
    var output = [UInt8](repeating: 0xFF, count: bytes.count + 1)
    let count = output.withUnsafeMutableBytes { room -> Int in
      guard let base = room.baseAddress else { return 0 }
      return bytes.withUnsafeBytes { JSONEscapes.unescape($0, into: base) }
    }
    #expect(String(decoding: output[..<count], as: UTF8.self) == meaning)
    #expect(output[bytes.count] == 0xFF)
  }
}
