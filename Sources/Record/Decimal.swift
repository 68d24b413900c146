/// Reads decimal numbers as written, without a detour through binary floating point.
package enum Decimal {
  /// `text × 10^digits` as an integer, rounded half to even; nil if `text` is no JSON number or the
  /// result does not fit. `scaled("0.0125", digits: 9)` is 12 500 000.
  package static func scaled(_ text: UnsafeRawBufferPointer, digits: Int) -> Int64? {
    if let number = short(text, digits: digits) { return number }
    var reader = DecimalReader(text)
    return reader.read(digits: digits)
  }

  /// The same for nearly all numbers: few digits, a point at most, nothing to round; else nil.
  private static func short(_ text: UnsafeRawBufferPointer, digits: Int) -> Int64? {
    guard 1...19 ~= text.count else { return nil }
    var mantissa: Int64 = 0
    var point = text.count
    for place in 0..<text.count {
      let digit = text[place] &- UInt8(ascii: "0")
      if digit < 10 {
        mantissa = mantissa &* 10 &+ Int64(digit)
      } else if text[place] == UInt8(ascii: "."), point == text.count {
        point = place
      } else {
        return nil
      }
    }
    let zeros = digits - max(0, text.count - point - 1)
    let isPlain = point == 1 || point > 1 && text[0] != UInt8(ascii: "0")
    guard isPlain, point != text.count - 1, zeros >= 0, point + digits <= 18 else { return nil }
    for _ in 0..<zeros { mantissa *= 10 }
    return mantissa
  }

  /// The same for a string.
  package static func scaled(_ text: String, digits: Int) -> Int64? {
    var text = text
    return text.withUTF8 { scaled(UnsafeRawBufferPointer($0), digits: digits) }
  }
}

/// The number as `mantissa × 10^exponent`, and what follows the mantissa's last digit.
private struct DecimalReader {
  private let text: UnsafeRawBufferPointer
  private var position = 0
  private var mantissa: UInt64 = 0
  private var exponent = 0
  /// The first digit that the mantissa had no room for, and whether one after it is not 0.
  private var nextDigit: UInt8?
  private var hasMore = false

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  mutating func read(digits: Int) -> Int64? {
    let negative = take("-")
    let startsWithZero = position < text.count && text[position] == UInt8(ascii: "0")
    let whole = readDigits(fraction: false)
    guard whole == 1 || whole > 1 && !startsWithZero else { return nil }
    if take(".") { guard readDigits(fraction: true) > 0 else { return nil } }
    guard readExponent(), position == text.count else { return nil }
    guard let magnitude = shifted(by: digits + exponent) else { return nil }
    guard magnitude <= UInt64(Int64.max) else { return nil }
    return negative ? -Int64(magnitude) : Int64(magnitude)
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func takeDigit() -> UInt8? {
    guard position < text.count else { return nil }
    let digit = text[position] &- UInt8(ascii: "0")
    guard digit < 10 else { return nil }
    position += 1
    return digit
  }

  /// How many there were.
  private mutating func readDigits(fraction: Bool) -> Int {
    let start = position
    // 19 digits always fit; later ones only decide how a half is rounded.
    while nextDigit == nil, mantissa < 1_000_000_000_000_000_000, let digit = takeDigit() {
      mantissa = mantissa &* 10 &+ UInt64(digit)
    }
    if fraction { exponent -= position - start }
    while let digit = takeDigit() {
      if nextDigit == nil { nextDigit = digit } else if digit != 0 { hasMore = true }
      if !fraction { exponent += 1 }
    }
    return position - start
  }

  private mutating func readExponent() -> Bool {
    guard take("e") || take("E") else { return true }
    let negative = take("-")
    if !negative { _ = take("+") }
    var value = 0
    let start = position
    while let digit = takeDigit() { value = min(value * 10 + Int(digit), 1 << 40) }
    exponent += negative ? -value : value
    return position > start
  }

  private func shifted(by power: Int) -> UInt64? {
    guard mantissa != 0 else { return 0 }
    if power > 0 {
      // With digits left over, the mantissa has 19: ten times that is too large.
      guard power <= 19, nextDigit == nil else { return nil }
      let (product, overflow) = mantissa.multipliedReportingOverflow(by: Self.powers[power])
      return overflow ? nil : product
    }
    guard power >= -19 else { return 0 }
    let divisor = Self.powers[-power]
    let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: divisor)
    return quotient + (roundsUp(quotient, remainder, of: divisor) ? 1 : 0)
  }

  private func roundsUp(_ quotient: UInt64, _ remainder: UInt64, of divisor: UInt64) -> Bool {
    let isOdd = quotient & 1 == 1
    let next = nextDigit ?? 0
    if divisor == 1 { return next > 5 || next == 5 && (hasMore || isOdd) }
    let half = divisor / 2
    return remainder > half || remainder == half && (next > 0 || hasMore || isOdd)
  }

  private static let powers: [UInt64] = (0...19).map { power in
    (0..<power).reduce(1) { result, _ in result * 10 }
  }
}
