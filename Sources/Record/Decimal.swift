/// Reads decimal numbers as written, without a detour through binary floating point.
package enum Decimal {
  /// `text × 10^digits` as an integer, rounded half to even; nil if `text` is no JSON number or the
  /// result does not fit. `scaled("0.0125", digits: 9)` is 12 500 000.
  package static func scaled(_ text: UnsafeRawBufferPointer, digits: Int) -> Int64? {
    var reader = DecimalReader(text)
    return reader.read(digits: digits)
  }

  /// The same for a string.
  package static func scaled(_ text: String, digits: Int) -> Int64? {
    var text = text
    return text.withUTF8 { scaled(UnsafeRawBufferPointer($0), digits: digits) }
  }
}

/// The number as `mantissa × 10^exponent`, and whether digits beyond the mantissa were dropped.
private struct DecimalReader {
  private let text: UnsafeRawBufferPointer
  private var position = 0
  private var mantissa: UInt64 = 0
  private var exponent = 0
  private var droppedDigits = false
  private var sawDigit = false

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  mutating func read(digits: Int) -> Int64? {
    let negative = take(UInt8(ascii: "-"))
    readDigits(fraction: false)
    if take(UInt8(ascii: ".")) { readDigits(fraction: true) }
    guard sawDigit, readExponent(), position == text.count else { return nil }
    guard let magnitude = shifted(by: digits + exponent) else { return nil }
    guard magnitude <= UInt64(Int64.max) else { return nil }
    return negative ? -Int64(magnitude) : Int64(magnitude)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < text.count, text[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func readDigits(fraction: Bool) {
    while position < text.count {
      let digit = text[position] &- UInt8(ascii: "0")
      guard digit < 10 else { return }
      position += 1
      sawDigit = true
      // 18 digits always fit; later ones only decide how a half is rounded.
      if mantissa < 100_000_000_000_000_000 {
        mantissa = mantissa * 10 + UInt64(digit)
        if fraction { exponent -= 1 }
      } else {
        if digit != 0 { droppedDigits = true }
        if !fraction { exponent += 1 }
      }
    }
  }

  private mutating func readExponent() -> Bool {
    guard take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) else { return true }
    let negative = take(UInt8(ascii: "-"))
    if !negative { _ = take(UInt8(ascii: "+")) }
    var value = 0
    let start = position
    while position < text.count {
      let digit = text[position] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      position += 1
      value = min(value * 10 + Int(digit), 10_000)
    }
    exponent += negative ? -value : value
    return position > start
  }

  private func shifted(by power: Int) -> UInt64? {
    guard mantissa != 0 else { return 0 }
    if power >= 0 {
      guard power <= 19 else { return nil }
      let (product, overflow) = mantissa.multipliedReportingOverflow(by: Self.powers[power])
      return overflow || droppedDigits && power > 0 ? nil : product
    }
    guard power >= -19 else { return 0 }
    let divisor = Self.powers[-power]
    let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: divisor)
    let half = divisor / 2
    let roundsUp =
      remainder > half || remainder == half && (droppedDigits || quotient & 1 == 1)
    return quotient + (roundsUp ? 1 : 0)
  }

  private static let powers: [UInt64] = (0...19).map { power in
    (0..<power).reduce(1) { result, _ in result * 10 }
  }
}
