/// Decimal text of integers that stand for a fraction, exact: no detour through floating point.
enum NumberText {
  /// Bytes that `write` needs at most: sign, 19 digits, point.
  static let maxLength = 21

  /// Writes `value` divided by 10 to the unit's digits, without trailing zeros.
  static func write(_ value: Int64, _ unit: Descriptor.Unit, to out: inout OutputSpan<UInt8>) {
    if value < 0 { out.append(UInt8(ascii: "-")) }
    switch unit {
    case .one: writeDigits(value.magnitude, to: &out)
    case .micro: writeFraction(value.magnitude, scale: 1_000_000, digits: 6, to: &out)
    case .nano: writeFraction(value.magnitude, scale: 1_000_000_000, digits: 9, to: &out)
    }
  }

  private static func writeFraction(
    _ value: UInt64, scale: UInt64, digits: Int, to out: inout OutputSpan<UInt8>
  ) {
    let (whole, rest) = value.quotientAndRemainder(dividingBy: scale)
    writeDigits(whole, to: &out)
    guard rest != 0 else { return }
    var fraction = rest
    var width = digits
    while fraction % 10 == 0 {
      fraction /= 10
      width -= 1
    }
    out.append(UInt8(ascii: "."))
    writeDigits(fraction, width: width, to: &out)
  }

  /// At least `width` digits, zeros in front.
  private static func writeDigits(
    _ value: UInt64, width: Int = 1, to out: inout OutputSpan<UInt8>
  ) {
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var start = 20
    var rest = value
    while rest != 0 {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      start -= 1
      digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    }
    for index in min(start, 20 - width)..<20 { out.append(digits[index]) }
  }
}
