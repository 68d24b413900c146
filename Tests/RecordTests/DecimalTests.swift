import TestSupport
import Testing

@testable import Record

@Suite struct DecimalTests {
  @Test(
    arguments: [
      ("0", 9, 0), ("-0", 9, 0), ("0.0", 9, 0), ("0e10", 9, 0), ("1", 0, 1), ("-1", 0, -1),
      ("1", 9, 1_000_000_000), ("0.0125", 9, 12_500_000), ("12.5e-3", 9, 12_500_000),
      ("1.25E+2", 0, 125), ("1e18", 0, 1_000_000_000_000_000_000), ("0.1e1", 0, 1),
      ("0.011550000000000001", 9, 11_550_000), ("1795259782.253361", 6, 1_795_259_782_253_361),
      ("9223372036854775807", 0, .max), ("-9223372036854775807", 0, -.max),
      ("922337203685477580.7", 1, .max), ("9223372036854775807.4999", 0, .max),
      ("0.9223372036854775807", 19, .max), ("1e-400", 9, 0), ("0.00000000000000000001e20", 0, 1),
      ("1000000000000000000000e-21", 0, 1), ("123456789.1234567899", 9, 123_456_789_123_456_790),
      ("0.1234567890123456789", 18, 123_456_789_012_345_679),
    ] as [(String, Int, Int64)])
  func numbersAreExact(text: String, digits: Int, expected: Int64) {
    #expect(Decimal.scaled(text, digits: digits) == expected)
  }

  @Test(
    arguments: [
      ("0.5", 0), ("1.5", 2), ("2.5", 2), ("3.5", 4), ("-0.5", 0), ("-1.5", -2), ("-2.5", -2),
      ("0.50000000000000000000000001", 1), ("2.50000000000000000000000000", 2),
      ("2.49999999999999999999999999", 2), ("2.5000000000000000001", 3), ("0.49", 0), ("0.51", 1),
      ("1000000000000000000.5", 1_000_000_000_000_000_000),
      ("1000000000000000001.5", 1_000_000_000_000_000_002),
      ("1000000000000000000.50000000000001", 1_000_000_000_000_000_001),
      ("5e-1", 0), ("15e-1", 2), ("0.05e1", 0),
    ] as [(String, Int64)])
  func halvesGoToTheEvenNeighbour(text: String, expected: Int64) {
    #expect(Decimal.scaled(text, digits: 0) == expected)
  }

  @Test(arguments: [
    "", "-", "+1", ".5", "1.", "-.5", "01", "-01", "00", "1e", "1e+", "1e-", "e5", "1.e5", "1..2",
    "1.2.3", "NaN", "Infinity", "-Infinity", "nan", "0x10", "1_000", "1,5", " 1", "1 ", "1\n",
    "--1",
    "1e5.5", "١", "1e1e1", "null", "true", "\"1\"",
  ])
  func whatIsNoNumberIsNone(text: String) { #expect(Decimal.scaled(text, digits: 9) == nil) }

  @Test(arguments: [
    ("1e300", 0), ("-1e300", 0), ("9223372036854775808", 0), ("9223372036854775807.5", 0),
    ("1e19", 0), ("10000000000", 9), ("9223372036.854775808", 9), ("1", 19), ("2", 20),
    ("1e99999999999999999999", 0), ("99999999999999999999999999", 0),
  ])
  func whatDoesNotFitIsNone(text: String, digits: Int) {
    #expect(Decimal.scaled(text, digits: digits) == nil)
  }

  @Test func hugeExponentsAndLongTextsAreRead() {
    let zeros = String(repeating: "0", count: 50_000)
    #expect(Decimal.scaled("0.\(zeros)1e50001", digits: 0) == 1)
    #expect(Decimal.scaled("1\(zeros)e-50000", digits: 0) == 1)
    #expect(Decimal.scaled("1.\(zeros)", digits: 3) == 1000)
    #expect(Decimal.scaled("1e-99999999999999999999", digits: 0) == 0)
  }

  /// Schoolbook arithmetic on decimal digits; nil if the result has more than 18.
  private func reference(_ digits: [Int], point: Int, _ scale: Int) -> Int64? {
    // The value is 0.d1d2d3… × 10^point.
    let whole = point + scale
    let padded = Array(repeating: 0, count: max(0, -whole)) + digits
    let kept =
      whole <= 0 ? [] : Array((digits + Array(repeating: 0, count: max(0, whole))).prefix(whole))
    let rest = whole <= 0 ? padded : Array(digits.dropFirst(whole))
    guard kept.drop(while: { $0 == 0 }).count <= 18 else { return nil }
    var value = kept.reduce(Int64(0)) { $0 * 10 + Int64($1) }
    let next = rest.first ?? 0
    let more = rest.dropFirst().contains { $0 != 0 }
    if next > 5 || next == 5 && (more || value % 2 == 1) { value += 1 }
    return value
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func itAgreesWithSchoolbookArithmetic(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var compared = 0
    for _ in 0..<4000 {
      let whole = (0..<Int.random(in: 1...12, using: &random)).map { place in
        Int.random(in: (place == 0 ? 1 : 0)...9, using: &random)
      }
      // Fives and zeros at the end, where rounding is decided.
      let fraction = (0..<Int.random(in: 0...24, using: &random)).map { _ in
        [0, 0, 5, 5, 9, Int.random(in: 0...9, using: &random)].randomElement(using: &random) ?? 0
      }
      let exponent = Int.random(in: -25...12, using: &random)
      let scale = Int.random(in: 0...9, using: &random)
      func text(_ digits: [Int]) -> String { digits.map(String.init).joined() }
      var number = text(whole)
      if !fraction.isEmpty { number += ".\(text(fraction))" }
      if exponent != 0 { number += "e\(exponent)" }
      guard let expected = reference(whole + fraction, point: whole.count + exponent, scale) else {
        continue
      }
      compared += 1
      #expect(Decimal.scaled(number, digits: scale) == expected, "\(number) × 10^\(scale)")
      #expect(Decimal.scaled("-" + number, digits: scale) == -expected)
    }
    #expect(compared > 2000)
  }
}
