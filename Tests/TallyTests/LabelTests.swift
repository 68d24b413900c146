import Metrics
import Record
import Support
import Testing

@testable import Tally

/// What may become a label's value, and how many may.
@Suite struct LabelTests {
  private func clean(
    _ text: String, _ dimension: Dimension = .user, secret: [UInt8] = [1, 2, 3]
  ) -> String? {
    var text = text
    return text.withUTF8 {
      LabelText(secret: secret).clean(UnsafeRawBufferPointer($0), for: dimension)
    }
  }

  @Test(arguments: ["", "None", "null"])
  func nothingIsNothing(text: String) { #expect(clean(text) == nil) }

  @Test(arguments: ["none", "ann", "NONE", " None", "a b", "é", "7b5b1709", "cust-6", "v1.2.3"])
  func plainTextsStay(text: String) { #expect(clean(text) == text) }

  @Test(arguments: [
    "ann@example.com", "@", "a@b", "10.0.0.1", "::1", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4",
    "sk-abcdefghijklmnopqrstuvwxyz", "sk-proj-0123456789abc",
  ])
  func whatIsPersonalOrSecretIsAPseudonym(text: String) throws {
    let pseudonym = try #require(clean(text))
    #expect(pseudonym.hasPrefix("h:") && pseudonym.utf8.count == 10)
    #expect(pseudonym.dropFirst(2).allSatisfy { $0.isHexDigit && !$0.isUppercase })
    #expect(clean(text) == pseudonym)
    #expect(clean(text, secret: [1, 2, 4]) != pseudonym)
    #expect(clean(text + "x", secret: [1, 2, 3]) != pseudonym)
  }

  @Test func thePseudonymIsAnHMAC() {
    // What `openssl dgst -sha256 -hmac Jefe` says of "@".
    #expect(clean("@", secret: Array("Jefe".utf8)) == "h:08a5c06d")
  }

  @Test func whatTheProxyConfiguresMayHoldAnAt() {
    #expect(clean("claude-sonnet-4@20250514", .model) == "claude-sonnet-4@20250514")
    #expect(clean("claude-sonnet-4@20250514", .route) == "claude-sonnet-4@20250514")
    #expect(clean("ann@example.com", .model)?.hasPrefix("h:") == true)
    #expect(clean("claude-sonnet-4@20250514", .powerLevel)?.hasPrefix("h:") == true)
    #expect(clean("10.1.2.3", .deployment)?.hasPrefix("h:") == true)
  }

  @Test func aKeyInTheClearIsNeverShown() {
    #expect(clean("sk-12345", .key)?.hasPrefix("h:") == true)
    #expect(clean("sk-12345", .tag) == "sk-12345")
  }

  @Test func longTextsAreCutBetweenCharacters() {
    #expect(clean(String(repeating: "x", count: 200)) == String(repeating: "x", count: 128))
    #expect(
      clean(String(repeating: "x", count: 127) + "é") == String(repeating: "x", count: 127))
    #expect(
      clean(String(repeating: "x", count: 126) + "éé")
        == String(repeating: "x", count: 126) + "é")
    #expect(clean(String(repeating: "😀", count: 40)) == String(repeating: "😀", count: 32))
  }

  @Test func aNULDoesNotHideWhatFollows() {
    #expect(clean("a\0b") == "a\u{FFFD}b")
  }

  /// Requests by model, the label with `limits`.
  private func desk(_ limits: [String: Int], values: [LabelSpace.Value] = []) -> Desk {
    var options = LabelOptions()
    options.attribution = []
    for (name, limit) in limits { options.limits[name] = limit }
    return Desk(options, values: values)
  }

  @Test func beyondTheLimitTheRestIsOther() {
    var desk = desk(["model": 2])
    for model in ["a", "b", "c", "d", "a", "c"] {
      desk.request { record, batch in record.model = batch.add(model) }
    }
    #expect(
      desk.changes(in: [.requests, .valuesFolded]) == [
        "llm_requests_total provider=openai model=a power_level=none status=success +2",
        "llm_requests_total provider=openai model=b power_level=none status=success +1",
        "llm_requests_total provider=openai model=other power_level=none status=success +3",
        "sidelight_values_folded_total label=model +3",
      ])
  }

  @Test func otherAndNoneCannotBeTaken() {
    var desk = desk([:])
    for model in ["other", "none", "None", ""] {
      desk.request { record, batch in record.model = batch.add(model) }
    }
    _ = desk.changes()
    #expect(
      desk.values(of: .requests) == ["openai|other|none|success": 1, "openai|none|none|success": 3])
    #expect(desk.state.labels.changedValues == [])
  }

  @Test func aMillionModelsTakeNoMoreRoomThanTheirLimit() {
    var options = LabelOptions()
    options.limits["model"] = 3
    var space = LabelSpace(options: options, secret: [1], values: [], today: noon.day)
    var others = 0
    var text = Array("model-0000000".utf8)
    for number in 0..<1_000_000 {
      text.withUnsafeMutableBytes { bytes in
        var rest = number
        for place in stride(from: 12, through: 6, by: -1) {
          bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
      }
      if text.withUnsafeBytes({ space.id(.model, $0, day: noon.day) }) == 1 { others += 1 }
    }
    #expect(others == 999_997)
    #expect(
      space.changedValues.map(\.text) == ["model-0000000", "model-0000001", "model-0000002"])
  }

  @Test func admittedValuesOutliveARestart() {
    var desk = desk(["model": 1])
    desk.request()
    desk.state.add(desk.batch, now: noon)
    let values = desk.state.labels.changedValues
    #expect(
      values.filter { $0.dimension == .model } == [
        LabelSpace.Value(dimension: .model, id: 2, text: "gpt-4o", lastUsed: noon.day)
      ])
    var again = self.desk(["model": 1], values: values)
    again.request { record, batch in record.model = batch.add("new") }
    again.request()
    _ = again.changes()
    #expect(
      again.values(of: .requests) == [
        "openai|gpt-4o|none|success": 1, "openai|other|none|success": 1,
      ])
  }

  @Test func aUseIsWrittenOncePerDay() {
    var desk = desk([:])
    desk.request()
    _ = desk.changes()
    desk.request()
    _ = desk.changes()
    desk.request()
    desk.state.add(desk.batch, now: noon)
    #expect(desk.state.labels.changedValues == [])
    desk.state.add(desk.batch, now: noon + .days(1))
    #expect(
      desk.state.labels.changedValues.filter { $0.dimension == .model } == [
        LabelSpace.Value(dimension: .model, id: 2, text: "gpt-4o", lastUsed: noon.day + 1)
      ])
  }

  @Test func anUnusedValueMakesRoomAndReturnsWithItsNumber() {
    let old = [
      LabelSpace.Value(dimension: .model, id: 2, text: "old", lastUsed: noon.day - 31),
      LabelSpace.Value(dimension: .model, id: 3, text: "fresh", lastUsed: noon.day - 30),
    ]
    var desk = desk(["model": 2], values: old)
    let retired = SeriesKey(0, 2, 0, 2)
    desk.state.restore(.requests, retired, [5])
    desk.state.restore(.requests, SeriesKey(0, 3, 0, 2), [6])
    #expect(desk.values(of: .requests) == ["none|fresh|none|success": 6])
    desk.request { record, batch in record.model = batch.add("new") }
    desk.state.add(desk.batch, now: noon)
    #expect(
      desk.state.labels.changedValues.filter { $0.dimension == .model }.map(\.id) == [4])
    #expect(!desk.state.labels.hasReturned)

    var roomy = self.desk(["model": 3], values: old)
    roomy.request { record, batch in record.model = batch.add("old") }
    roomy.state.add(roomy.batch, now: noon)
    #expect(roomy.state.labels.hasReturned)
    #expect(
      roomy.state.labels.changedValues.filter { $0.dimension == .model } == [
        LabelSpace.Value(dimension: .model, id: 2, text: "old", lastUsed: noon.day)
      ])
  }

  @Test func aValueThatMadeRoomIsStillKnown() {
    let old = [LabelSpace.Value(dimension: .route, id: 2, text: "old", lastUsed: noon.day - 31)]
    func known(_ text: String) -> UInt32 {
      var space = LabelSpace(options: LabelOptions(), secret: [], values: old, today: noon.day)
      return Array(text.utf8).withUnsafeBytes { space.knownID(.route, $0, day: noon.day) }
    }
    #expect(known("old") == 2 && known("never") == Vocabulary.other)
  }

  @Test func valuesOfAnotherProcessAreTakenOver() {
    var desk = desk([:])
    desk.state.adopt([
      LabelSpace.Value(dimension: .model, id: 2, text: "theirs", lastUsed: noon.day)
    ])
    desk.request()
    desk.request { record, batch in record.model = batch.add("theirs") }
    desk.state.add(desk.batch, now: noon)
    let models = desk.state.labels.changedValues.filter { $0.dimension == .model }
    #expect(models.map(\.id) == [2, 3] && models.map(\.text) == ["theirs", "gpt-4o"])
  }

  @Test func aLedgersUnknownNumberReadsOther() {
    let desk = desk([:])
    #expect(desk.state.labels.text(Dimension.model, 77) == "other")
    #expect(!desk.state.labels.isRetired(SeriesKey(9, 9, 9, 9), labels: [.provider, .model]))
  }
}
