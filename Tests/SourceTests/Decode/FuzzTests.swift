import Record
import Support
import TestSupport
import Testing

@testable import Source

/// Real lines, damaged at random: each gives a record, a rejection, or nothing for a health check,
/// and leaves the decoder as good as new.
@Suite struct FuzzTests {
  private static let pieces = [
    "null", "NaN", "-1", "1e400", "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u0000", "\\ud800",
    "\u{0}", "\u{7F}", "é", "\u{FEFF}", "99999999999999999999", "true", "\r", "{}", "[[",
  ]

  private func damaged(_ line: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var line = line
    for _ in 0..<Int.random(in: 1...4, using: &random) where !line.isEmpty {
      let place = Int.random(in: 0..<line.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: line[place] = UInt8.random(in: 0...255, using: &random)
      case 1: line.remove(at: place)
      case 2: line.removeLast(line.count - place)
      case 3:
        let piece = Self.pieces.randomElement(using: &random) ?? ""
        line.insert(contentsOf: piece.utf8, at: place)
      case 4:
        let end = min(line.count, place + Int.random(in: 1...40, using: &random))
        line.removeSubrange(place..<end)
      default:
        let end = min(line.count, place + Int.random(in: 1...200, using: &random))
        line.insert(
          contentsOf: line[place..<end], at: Int.random(in: 0..<line.count, using: &random))
      }
    }
    return line
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func aDamagedLineIsARecordOrARejection(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let lines =
      ([NativeDecoderTests.request, NativeDecoderTests.attempt]
      + PayloadSampleTests.names.flatMap(PayloadSampleTests.lines)).map { Array($0.utf8) }
    let decoding = Decoding()
    var outcomes: [String: Int] = [:]
    for round in 0..<1500 {
      let line = damaged(lines[round % lines.count], &random)
      decoding.batch.removeAll()
      switch decoding.add(line) {
      case .success:
        #expect(decoding.batch.requests.count + decoding.batch.attempts.count <= 1)
        check(decoding.batch)
        outcomes["record", default: 0] += 1
      case .failure(let rejection):
        #expect(decoding.batch.isEmpty)
        outcomes[rejection.rawValue, default: 0] += 1
      }
    }
    decoding.batch.removeAll()
    decoding.add(NativeDecoderTests.request)
    #expect(decoding.batch.told == told(NativeDecoderTests.request))
    #expect((outcomes["record"] ?? 0) > 100 && (outcomes["not_json"] ?? 0) > 100)
  }

  /// What the rest of the sidecar takes for granted.
  private func check(_ batch: RecordBatch) {
    for record in batch.requests {
      #expect(record.end >= record.start && record.end <= noon + .hours(1))
      #expect(record.tokens.input >= 0 && record.tokens.output >= 0)
      #expect(record.cost ?? .zero >= .zero && record.cost ?? .zero <= .largest)
      #expect(!record.id.isEmpty && Int(record.id.start + record.id.count) <= batch.bytes.count)
      #expect(record.outcome != .failure || record.reason != nil)
      #expect(record.attemptStart.map { $0 >= record.start && $0 <= record.end } ?? true)
    }
    #expect(String(validating: batch.bytes, as: UTF8.self) != nil)
  }
}
