import Record
import Support
import TestSupport
import Testing

@testable import Source

/// One request of each kind, as the real proxy wrote its payloads.
@Suite struct PayloadSampleTests {
  static let names = [
    "badkey", "cache", "disconnect", "embed", "fail_all", "fb_claude_gemini", "fb_claude_gpt",
    "fb_gemini_flash", "fb_stream", "messages", "messages_stream", "midcut", "nofb500", "nomodel",
    "ok", "retry_ok", "stream", "timeout", "up400", "up401", "up429",
  ]

  static func lines(_ name: String) -> [String] {
    TestData.text(at: TestData.path("samples/\(name).jsonl")).split(separator: "\n")
      .map(String.init)
  }

  @Test func decodedAndSettledTheyAreAsRecorded() {
    var text = ""
    for name in Self.names {
      let decoding = Decoding()
      text += "# \(name)\n"
      for line in Self.lines(name) { decoding.add(line) }
      text += "\(decoding.batch.told)\n"
      var settlement = Settlement(settleAfter: [.minutes(2)], metadataNames: ["power_level"])
      settlement.settle(&decoding.batch)
      settlement.expire(&decoding.batch, horizon: noon)
      decoding.batch.requests.removeAll { $0.form == .void }
      text += "settled:\n\(decoding.batch.told)\n\n"
    }
    #expect(Golden.difference(text, from: "samples.txt") == nil)
  }

  @Test(arguments: names)
  func everyNumberIsThePayloadsOwn(name: String) throws {
    for line in Self.lines(name) {
      let json = RawJSON(line)
      let decoding = Decoding()
      decoding.add(line)
      let record = try #require(decoding.batch.requests.first)
      #expect(record.tokens.input == (json.integer("prompt_tokens") ?? 0))
      #expect(record.tokens.output == (json.integer("completion_tokens") ?? 0))
      #expect(decoding.batch.string(record.id) == json.string("litellm_call_id"))
      #expect(decoding.batch.string(record.trace) == json.string("trace_id"))
      let hash = json.object("metadata").string("user_api_key_hash") ?? ""
      #expect(decoding.batch.string(record.keyID) == hash.prefix(8))
      let start = Decimal.scaled(json["startTime"] ?? "", digits: 6)
      #expect(record.start.microseconds == start)
    }
  }

  @Test(arguments: [
    #""user_api_key_hash":"litellm-internal-health-check""#,
    #""user_api_key_alias":"litellm-internal-health-check""#,
  ])
  func healthChecksAreNoTraffic(mark: String) {
    let key = String(mark.prefix { $0 != ":" })
    let line = Self.lines("ok")[0]
    let start = line.firstRange(of: key + ":") ?? line.startIndex..<line.startIndex
    let rest = line[start.upperBound...].drop { $0 != "," }
    let checked = line[..<start.lowerBound] + mark + rest
    #expect(checked.contains(mark))
    #expect(told(String(checked)) == "nothing")
  }

  @Test func otherLinesOfTheProxysOwnAreNoTrafficEither() {
    let line = Self.lines("ok")[0]
    #expect(
      told(line.replacing("\"call_type\":\"acompletion\"", with: "\"call_type\":\"/health\""))
        == "nothing")
    #expect(
      told(
        line.replacing(
          "\"model\":\"anthropic/claude-sonnet-4-5-20250929\"",
          with: "\"model\":\"litellm-mock-response-model\"")) == "nothing")
  }
}
