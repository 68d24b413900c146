import Testing

@testable import Metrics

@Suite struct NumberTextTests {
  private func text(_ value: Int64, _ unit: Descriptor.Unit) -> String {
    var buffer = TextBuffer()
    buffer.append(value, unit)
    return buffer.string
  }

  private func text(_ value: Double) -> String {
    var buffer = TextBuffer()
    buffer.append(value)
    return buffer.string
  }

  @Test(
    arguments: [
      (0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (12_000_000_000, "12"),
      (9_820_000, "0.00982"), (-1, "-0.000000001"), (-2_500_000_000, "-2.5"),
      (.max, "9223372036.854775807"), (.min, "-9223372036.854775808"),
    ] as [(Int64, String)])
  func nanoDollars(_ value: Int64, _ expected: String) {
    #expect(text(value, .nano) == expected)
  }

  @Test(
    arguments: [
      (0, "0"), (1, "0.000001"), (10, "0.00001"), (100_000, "0.1"), (655_360_000, "655.36"),
      (1_795_262_400_123_456, "1795262400.123456"), (.min, "-9223372036854.775808"),
    ] as [(Int64, String)])
  func microseconds(_ value: Int64, _ expected: String) {
    #expect(text(value, .micro) == expected)
  }

  @Test(
    arguments: [
      (0, "0"), (7, "7"), (100, "100"), (-10, "-10"), (.max, "9223372036854775807"),
      (.min, "-9223372036854775808"),
    ] as [(Int64, String)])
  func integers(_ value: Int64, _ expected: String) {
    #expect(text(value, .one) == expected)
  }

  /// Against padding and trimming of the decimal digits as a string.
  @Test(arguments: [Descriptor.Unit.one, .micro, .nano])
  func randomNumbersAgreeWithTheReference(_ unit: Descriptor.Unit) {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      // All magnitudes alike, and many trailing zeros.
      var value = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0..<64)
      if Bool.random() { value = value / 1_000_000 * 1_000_000 }
      var digits = String(value.magnitude)
      while digits.count <= unit.digits { digits = "0" + digits }
      var fraction = digits.suffix(unit.digits)
      while fraction.last == "0" { fraction.removeLast() }
      let expected =
        (value < 0 ? "-" : "") + digits.dropLast(unit.digits)
        + (fraction.isEmpty ? "" : ".") + fraction
      #expect(text(value, unit) == expected)
    }
  }

  @Test(
    arguments: [
      (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"),
      (0.30000000000000004, "0.30000000000000004"),
      (1_795_262_400.25, "1795262400.25"), (9_007_199_254_740_991, "9007199254740991"),
      (1e22, "1e+22"), (.leastNonzeroMagnitude, "5e-324"), (-1e300, "-1e+300"), (.infinity, "+Inf"),
      (-.infinity, "-Inf"), (.nan, "NaN"), (-.nan, "NaN"),
    ] as [(Double, String)])
  func floatingPoint(_ value: Double, _ expected: String) {
    #expect(text(value) == expected)
  }

  @Test func floatingPointReadsBackAsItWas() {
    for _ in 0..<20_000 {
      let value = Double(bitPattern: UInt64.random(in: 0 ... .max))
      guard value.isFinite else { continue }
      #expect(Double(text(value)) == value)
    }
  }
}
