import Record
import Support
import TestSupport
import Testing

@testable import Source

/// Real lines, damaged at random: each gives a record, a rejection, or nothing for a health check,
/// and leaves the decoder as good as new.
@Suite struct FuzzTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func aDamagedLineIsARecordOrARejection(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let lines =
      ([NativeDecoderTests.request, NativeDecoderTests.attempt]
      + PayloadSampleTests.names.flatMap(PayloadSampleTests.lines)).map { Array($0.utf8) }
    let decoding = Decoding()
    var outcomes: [String: Int] = [:]
    for round in 0..<1500 {
      let line = Damage.damaged(lines[round % lines.count], &random)
      decoding.batch.removeAll()
      let result = decoding.add(line)
      #expect(throws: Never.self) {
        try NativeProperties.checkRecords(of: decoding.batch, result)
      }
      if case .failure(let rejection) = result {
        outcomes[rejection.rawValue, default: 0] += 1
      } else {
        outcomes["record", default: 0] += 1
      }
    }
    decoding.batch.removeAll()
    decoding.add(NativeDecoderTests.request)
    #expect(decoding.batch.told == told(NativeDecoderTests.request))
    #expect((outcomes["record"] ?? 0) > 100 && (outcomes["not_json"] ?? 0) > 100)
  }
}
