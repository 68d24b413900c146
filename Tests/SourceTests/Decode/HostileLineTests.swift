import Record
import Support
import TestSupport
import Testing

@testable import Source

/// Lines that no proxy should write, and some that clients could make it write.
@Suite struct HostileLineTests {
  private static let whole =
    "request=whole success id=a start=1795259782000000 end=1795259783000000"

  /// A native line with `field` added; what it adds to the record.
  private func with(_ field: String) -> String {
    let text = told(
      """
      {"kind":"request","id":"a","start":1795259782,"end":1795259783,"outcome":"success",\(field)}
      """)
    return text.hasPrefix(Self.whole) ? String(text.dropFirst(Self.whole.count)) : text
  }

  @Test(arguments: [
    ("", "not_json"), (" ", "not_json"), ("{", "not_json"), ("}", "not_json"),
    ("{\"a\":1", "not_json"), ("Started.", "not_json"), ("nginx: ready", "not_json"),
    ("trace 1", "not_json"),
    ("false alarm", "not_json"), ("nullify", "not_json"), ("false", "not_object"),
    ("{]", "not_json"),
    (#"{"kind":"request"} {"kind":"request"}"#, "not_json"), (#"{"kind":"request"}x"#, "not_json"),
    ("{\"kind\"", "not_json"), ("{\"kind\":}", "bad_json"),
    ("[]", "not_object"), ("[{}]", "not_object"), ("null", "not_object"), ("12", "not_object"),
    ("\"text\"", "not_object"), ("true", "not_object"),
    ("{}", "unknown_kind"), (#"{"a":1}"#, "unknown_kind"), (#"{"kind":"other"}"#, "unknown_kind"),
    (#"{"kind":1}"#, "unknown_kind"), (#"{"kind":null}"#, "unknown_kind"),
    (#"{"v":2,"kind":"request"}"#, "unknown_kind"),
    (#"{"v":"1","kind":"request"}"#, "unknown_kind"),
    (#"{"status":"success"}"#, "unknown_kind"),
  ])
  func whatIsNoRecordIsRejected(line: String, reason: String) {
    let expected = reason == "bad_json" ? ["rejected: not_json", "rejected: unknown_kind"] : []
    #expect(expected.isEmpty ? told(line) == "rejected: \(reason)" : expected.contains(told(line)))
  }

  @Test(arguments: [
    "\"tokens\":{\"input\":NaN}", "\"tokens\":{\"input\":-1}", "\"tokens\":{\"input\":1.5}",
    "\"tokens\":{\"input\":\"12\"}", "\"tokens\":{\"input\":1e300}",
    "\"tokens\":{\"output\":1000000000001}", "\"tokens\":{\"input\":[1]}",
    "\"tokens\":{\"reasoning\":true}", "\"tokens\":{\"cache_read\":-0.5}",
    "\"cost_usd\":NaN", "\"cost_usd\":Infinity", "\"cost_usd\":-1e-9", "\"cost_usd\":\"0.1\"",
    "\"cost_usd\":1e300", "\"cost_usd\":1000001", "\"cost_usd\":{}", "\"saved_usd\":-1",
    "\"attempts\":-1", "\"attempts\":\"x\"", "\"stream\":1", "\"stream\":\"true\"",
    "\"cache_hit\":\"yes\"", "\"provider\":{}", "\"model\":[]", "\"deployment\":true",
    "\"overhead\":-1", "\"overhead\":1e9", "\"overhead\":\"1\"", "\"key\":{\"id\":{}}",
    "\"tokens\":{\"input\":01}", "\"tokens\":{\"input\":1.}", "\"tokens\":{\"input\":nul}",
  ])
  func aValueThatCannotBeIsRejected(field: String) {
    #expect(with(field) == "rejected: bad_value")
  }

  @Test(arguments: [
    ("\"start\":1795259782,\"end\":1795259783", ""),
    ("\"end\":1795259783", "bad_time"), ("\"start\":1795259783", "bad_time"),
    ("\"start\":null,\"end\":1795259783", "bad_time"),
    ("\"start\":\"1795259782\",\"end\":1795259783", "bad_time"),
    ("\"start\":NaN,\"end\":1795259783", "bad_time"), ("\"start\":0,\"end\":1", "bad_time"),
    ("\"start\":-1795259782,\"end\":1795259783", "bad_time"),
    ("\"start\":1577836799.999999,\"end\":1577836800", "bad_time"),
    ("\"start\":1577836800,\"end\":1577836800", ""),
    ("\"start\":1e300,\"end\":1e300", "bad_time"),
    ("\"start\":1794654983,\"end\":1795259783", ""),
    ("\"start\":1794654982.999999,\"end\":1795259783", "bad_time"),
    ("\"start\":1795266000,\"end\":1795266000", ""),
    ("\"start\":1795266000,\"end\":1795266000.000001", "future"),
    ("\"start\":1795266001,\"end\":1795266000", "future"),
    ("\"start\":9000000000000,\"end\":9000000000000", "future"),
    ("\"start\":1795259782,\"end\":1795259783,\"attempt_start\":5", "bad_time"),
  ])
  func timesAreChecked(times: String, reason: String) {
    for line in [
      "{\"kind\":\"request\",\"id\":\"a\",\"outcome\":\"success\",\(times)}",
      "{\"kind\":\"attempt\",\"id\":\"a\",\"reason\":\"timeout\",\(times)}",
    ] where !(line.contains("attempt_start") && line.contains("timeout")) {
      let text = told(line)
      #expect(text.hasPrefix("rejected: ") ? text == "rejected: \(reason)" : reason.isEmpty)
    }
  }

  @Test func aClockSteppedBackGivesNoNegativeDuration() {
    #expect(
      told(#"{"kind":"request","id":"a","start":1795259783,"end":1795259782,"outcome":"success"}"#)
        == "request=whole success id=a start=1795259783000000 end=1795259783000000")
  }

  @Test func momentsOutsideTheRequestAreMovedToItsEnds() {
    #expect(
      with("\"stream\":true,\"attempt_start\":1700000000,\"first_token\":1900000000")
        == " attempt_start=1795259782000000 first_token=1795259783000000 stream=true")
  }

  @Test(arguments: ["\"a\":1", "\"id\":\"\"", "\"id\":5", "\"id\":null"])
  func withoutAnIDThereIsNoIdentity(id: String) {
    let line = """
      {"kind":"request",\(id),"start":1795259782,"end":1795259783,"outcome":"success"}
      """
    #expect(told(line) == "rejected: bad_value")
  }

  @Test func anOutcomeIsNeeded() {
    for outcome in ["\"done\"", "null", "1", "\"\""] {
      #expect(
        told(
          """
          {"kind":"request","id":"a","start":1795259782,"end":1795259783,"outcome":\(outcome)}
          """) == "rejected: bad_value")
    }
  }

  @Test(arguments: [
    ("\"user\":{\"a\":1}", ""), ("\"user\":true", ""), ("\"end_user\":[\"a\"]", ""),
    ("\"end_user\":7", " end_user=7"), ("\"trace\":{}", ""), ("\"route\":[]", ""),
    ("\"tags\":\"a\"", ""), ("\"tags\":{}", ""),
    ("\"tags\":[1,null,{},[\"b\"],\"a\",\"\"]", " tags=a"),
    ("\"meta\":[]", ""), ("\"meta\":{\"power_level\":{}}", ""),
    ("\"meta\":{\"power_level\":true}", ""), ("\"meta\":{\"power_level\":1.50}", " meta=1.50"),
    ("\"rate_limit\":{\"remaining_requests\":-1,\"remaining_tokens\":\"x\"}", ""),
    ("\"rate_limit\":{\"remaining_tokens\":\"12\",\"limit_tokens\":1e300}", " remaining_tokens=12"),
    ("\"rate_limit\":{\"limit_tokens\":9223372036854775807}", ""),
  ])
  func whatClientsChooseCannotHideTheirRequest(field: String, adds: String) {
    // Where names are read, their place stays even if it is empty.
    let text = with(field)
    #expect(text == adds || text == adds + " meta=")
  }

  @Test(arguments: [
    #""\ud800""#, #""\udc00""#, #""a\ud800b""#, #""\ud800\u0041""#, #""\udbff\udbff""#,
  ])
  func halfASurrogatePairHidesNothing(text: String) {
    let line = """
      {"kind":"request","id":"a","start":1795259782,"end":1795259783,"outcome":"success",\
      "user":\(text),"tags":[\(text),"b"],"meta":{\(text):1,"power_level":\(text)},\(text):2,\
      "cost_usd":1}
      """
    let decoding = Decoding()
    guard case .success = decoding.add(line) else {
      Issue.record("rejected: \(line)")
      return
    }
    #expect(decoding.batch.requests[0].cost == Money(nanodollars: 1_000_000_000))
    #expect(decoding.batch.requests[0].tags.count == 2)
    #expect(!decoding.batch.requests[0].user.isEmpty)
    #expect(String(validating: decoding.batch.bytes, as: UTF8.self) != nil)
  }

  @Test func escapesAreResolvedInKeysAndTexts() {
    #expect(
      told(
        #"{"\u006bind":"request","i\u0064":"a\u00e9\n\"\\\/","start":1795259782,"#
          + #""end":1795259783,"outcome":"\u0073uccess","user":"\ud83d\ude00"}"#)
        == "request=whole success id=aé\n\"\\/ start=1795259782000000 end=1795259783000000"
        + " user=😀")
  }

  @Test func ofEqualKeysTheLastCounts() {
    #expect(
      with("\"cost_usd\":1,\"cost_usd\":2,\"user\":\"x\",\"user\":\"y\"")
        == " nano=2000000000 user=y")
    #expect(with("\"tokens\":{\"input\":1,\"input\":2}") == " input=2")
    #expect(with("\"user\":\"x\",\"\\u0075ser\":null") == "")
  }

  @Test func windowsLineEndsAndSpacesDoNoHarm() {
    let line = #"{"kind":"attempt","id":"a","start":1795259782,"end":1795259783}"#
    let expected = "attempt=unknown start=1795259782000000 end=1795259783000000"
    #expect(told(line + "\r") == expected)
    #expect(told("\t " + line + " \t") == expected)
    #expect(told(line.replacing(":", with: " : ").replacing(",", with: "\t,\r ")) == expected)
  }

  @Test func aByteOrderMarkIsNoReasonToLoseALine() {
    let line = "\u{FEFF}" + #"{"kind":"attempt","id":"a","start":1795259782,"end":1795259783}"#
    #expect(told(line) == "attempt=unknown start=1795259782000000 end=1795259783000000")
  }

  @Test(arguments: [[0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]])
  func invalidUTF8IsNoJSON(bytes: [UInt8]) {
    let decoding = Decoding()
    let line =
      Array(#"{"kind":"attempt","id":"a","start":1795259782,"end":1795259783,"x":""#.utf8)
      + bytes + Array("\"}".utf8)
    #expect(decoding.add(line) == .failure(.notJSON))
    #expect(decoding.batch.isEmpty)
  }

  @Test func controlBytesInATextAreNoJSON() {
    #expect(told("{\"kind\":\"attempt\",\"id\":\"a\u{0}b\"}") == "rejected: not_json")
    #expect(told("{\"kind\":\"attempt\",\"id\":\"a\nb\"}") == "rejected: not_json")
  }

  @Test(arguments: [10, 900, 1023, 1024, 1025, 5000, 100_000])
  func deepNestingInWhatIsSkippedIsSkipped(depth: Int) {
    let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(with("\"x\":\(nested),\"user\":\"u\"") == " user=u")
    let objects =
      String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
    #expect(with("\"metadata\":\(objects),\"user\":\"u\"") == " user=u")
    #expect(with("\"tags\":\(nested),\"user\":\"u\"") == " user=u")
  }

  @Test func threeMegabytesAreDecodedIfTheyGetThisFar() {
    let filler = String(repeating: "x", count: 3 << 20)
    #expect(with("\"messages\":\"\(filler)\",\"user\":\"u\"") == " user=u")
    #expect(with("\"user\":\"\(filler)\"") == " user=" + String(repeating: "x", count: 512))
    let many = Array(repeating: "\"t\"", count: 1 << 18).joined(separator: ",")
    #expect(
      with("\"tags\":[\(many)]") == " tags="
        + Array(repeating: "t", count: 64).joined(separator: "+"))
  }

  @Test func aFormatThatWasNamedIsNotGuessed() {
    let payload = """
      {"kind":"x","litellm_call_id":"a","status":"success","startTime":1795259782,\
      "endTime":1795259783}
      """
    #expect(told(payload) == "rejected: unknown_kind")
    #expect(told(payload, .litellm).hasPrefix("request=payload success id=a"))
    #expect(told(payload, .native) == "rejected: unknown_kind")
    #expect(told(NativeDecoderTests.attempt, .litellm) == "rejected: bad_time")
  }

  @Test func aPayloadsNumbersAreCheckedToo() {
    func payload(_ field: String) -> String {
      told(
        """
        {"litellm_call_id":"a","status":"success","startTime":1795259782,"endTime":1795259783,\
        \(field)}
        """, metadataNames: [])
    }
    let head = "request=payload success id=a start=1795259782000000 end=1795259783000000"
    #expect(payload("\"prompt_tokens\":-1") == "rejected: bad_value")
    #expect(payload("\"response_cost\":NaN") == "rejected: bad_value")
    #expect(payload("\"response_cost\":1e300") == "rejected: bad_value")
    #expect(payload("\"cache_hit\":\"True\"") == "rejected: bad_value")
    #expect(payload("\"status\":\"pending\"") == "rejected: bad_value")
    #expect(
      payload("\"end_user\":{\"x\":1},\"trace_id\":[]")
        == head + " attempt_start=1795259782000000 attempts=1")
    let limits = "\"hidden_params\":{\"additional_headers\":{\"x_ratelimit_limit_tokens\":\"7\"}}"
    #expect(payload(limits).hasSuffix(" limit_tokens=7"))
  }
}
