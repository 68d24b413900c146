import Support
import Testing

@testable import Record

@Suite struct RecordBatchTests {
  @Test func textsAreKeptApart() {
    var batch = RecordBatch()
    let first = batch.add("one")
    let none = batch.add("")
    let second = batch.add("zwei é")
    #expect(none.isEmpty && none == .none)
    #expect([first, none, second].map(batch.string) == ["one", "", "zwei é"])
    #expect(batch.isEmpty)
  }

  @Test(arguments: [
    (String(repeating: "x", count: 512), 512), (String(repeating: "x", count: 513), 512),
    (String(repeating: "x", count: 511) + "é", 511),
    (String(repeating: "x", count: 510) + "éé", 512),
    (String(repeating: "€", count: 171), 510), (String(repeating: "😀", count: 129), 512),
    ("x" + String(repeating: "😀", count: 129), 509),
  ])
  func longTextsAreCutBetweenCharacters(text: String, bytes: Int) {
    var batch = RecordBatch()
    let range = batch.add(text)
    #expect(range.count == bytes)
    #expect(batch.string(range) == String(decoding: Array(text.utf8).prefix(bytes), as: UTF8.self))
    #expect(!batch.string(range).contains("\u{FFFD}"))
  }

  @Test func bytesThatAreNoTextDoNotTrap() {
    var batch = RecordBatch()
    let range = [UInt8](repeating: 0x80, count: 600).withUnsafeBytes { batch.add($0) }
    #expect(range.count == 0)
  }

  @Test func aCopyReadsAlike() {
    var batch = RecordBatch()
    _ = batch.add("in front")
    var record = RequestRecord(
      identity: Identity(start: .init(microseconds: 1), hash: 2), start: .init(microseconds: 1),
      end: .init(microseconds: 2))
    record.id = batch.add("id")
    record.endUser = batch.add("somebody")
    record.firstFailure = FirstFailure(
      provider: batch.add("openai"), model: .none, reason: .timeout)
    record.tags = 1..<3
    record.metadata = 3
    for text in ["one", "two", "eco", "web"] { batch.texts.append(batch.add(text)) }
    var other = RecordBatch()
    other.texts.append(other.add("there before"))
    let copy = other.copy(record, of: batch, metadata: 2)
    #expect(other.string(copy.id) == "id" && other.string(copy.endUser) == "somebody")
    #expect(copy.firstFailure.map { other.string($0.provider) } == "openai")
    #expect(copy.firstFailure?.model == TextRange.none && copy.route == .none)
    #expect(copy.tags.map { other.string(other.texts[Int($0)]) } == ["one", "two"])
    let values = Int(copy.metadata)..<Int(copy.metadata) + 2
    #expect(values.map { other.string(other.texts[$0]) } == ["eco", "web"])
    #expect(other.hash(copy.id, seed: 3) == batch.hash(record.id, seed: 3))
  }

  @Test func emptyingForgetsTextsAndRecords() {
    var batch = RecordBatch()
    _ = batch.add("text")
    batch.texts.append(batch.add("tag"))
    batch.removeAll()
    #expect(batch.isEmpty && batch.bytes.isEmpty)
    // The place of metadata that are not there.
    #expect(batch.texts == [.none])
    let new = batch.add("new")
    #expect(batch.string(new) == "new")
  }
}
