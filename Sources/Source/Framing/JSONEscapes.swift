/// Undoing what JSON does to text inside of quotes.
enum JSONEscapes {
  /// Writes the meaning of `text` to `output`, which has at least as many bytes; returns how many it
  /// wrote. A broken escape is kept as it is: the decoder of the line judges it.
  static func unescape(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer
  ) -> Int {
    var source = 0
    var target = 0
    while source < text.count {
      let byte = text[source]
      source += 1
      guard byte == UInt8(ascii: "\\"), source < text.count else {
        output.storeBytes(of: byte, toByteOffset: target, as: UInt8.self)
        target += 1
        continue
      }
      let escape = text[source]
      source += 1
      if escape == UInt8(ascii: "u"), let scalar = scalar(text, at: &source) {
        for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          output.storeBytes(of: unit, toByteOffset: target, as: UInt8.self)
          target += 1
        }
        continue
      }
      if let meaning = meaning(of: escape) {
        output.storeBytes(of: meaning, toByteOffset: target, as: UInt8.self)
        target += 1
      } else {
        output.storeBytes(of: byte, toByteOffset: target, as: UInt8.self)
        output.storeBytes(of: escape, toByteOffset: target + 1, as: UInt8.self)
        target += 2
      }
    }
    return target
  }

  @inline(__always)
  private static func meaning(of escape: UInt8) -> UInt8? {
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): escape
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    default: nil
    }
  }

  /// The character of the four digits at `index`, and of a second escape where two make one; half of
  /// such a pair is the replacement character. Nil without four digits.
  private static func scalar(
    _ text: UnsafeRawBufferPointer, at index: inout Int
  ) -> Unicode.Scalar? {
    guard let high = unit(text, at: index) else { return nil }
    index += 4
    if let scalar = Unicode.Scalar(high) { return scalar }
    if high < 0xDC00, index + 2 <= text.count, text[index] == UInt8(ascii: "\\"),
      text[index + 1] == UInt8(ascii: "u"), let low = unit(text, at: index + 2),
      (0xDC00...0xDFFF).contains(low)
    {
      index += 6
      return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }
    return "\u{FFFD}"
  }

  private static func unit(_ text: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
    guard index + 4 <= text.count else { return nil }
    var value: UInt32 = 0
    for byte in text[index..<(index + 4)] {
      guard let digit = digit(byte) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
