import Glibc

/// Finds the end of one JSON value in a text that comes in pieces.
///
/// Only brackets and strings are looked at, which is exact for JSON; whether it is JSON shows when
/// the value is decoded.
struct ValueScan {
  private var depth = 0
  private var isScalar = false
  private var isInString = false
  private var isEscaped = false
  /// Whether a string has a line feed in it, as JSON has not: it may have lost its end.
  private(set) var isBroken = false

  /// The index behind the value; nil if it does not end in `piece`, of which all was looked at.
  ///
  /// The first call begins at the value's first byte, the others go on where the last one ended.
  mutating func end(in piece: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var index = start
    while index < piece.count {
      if isInString {
        guard let quote = closingQuote(in: piece, from: index) else { return nil }
        isInString = false
        index = quote + 1
        if depth == 0 { return index }
        continue
      }
      switch piece[index] {
      case UInt8(ascii: "\""):
        if isScalar { return index }
        isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if isScalar { return index }
        depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return index }
        depth -= 1
        if depth == 0 { return index + 1 }
      case let byte where depth == 0:
        if byte == UInt8(ascii: ",") || byte.isJSONSpace { return index }
        isScalar = true
      default: break
      }
      index += 1
    }
    return nil
  }

  private mutating func closingQuote(
    in piece: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    var begin = start
    var index = isEscaped ? start + 1 : start
    isEscaped = false
    while true {
      let quote = piece.firstIndex(of: UInt8(ascii: "\""), from: index)
      let end = quote ?? piece.count
      if let feed = piece.firstIndex(of: 0x0A, from: begin), feed < end { isBroken = true }
      // Escaped is what an odd number of backslashes stands before.
      var slashes = 0
      while end - slashes > index, piece[end - slashes - 1] == UInt8(ascii: "\\") { slashes += 1 }
      guard let quote else {
        isEscaped = slashes % 2 == 1
        return nil
      }
      if slashes % 2 == 0 { return quote }
      index = quote + 1
      begin = index
    }
  }
}

/// Whether a text that comes in pieces is one JSON object, and where it lies.
struct ObjectScan {
  private enum Place {
    case before
    case inside
    case behind
    case elsewhere
  }

  private var place = Place.before
  private var value = ValueScan()
  private var begin = 0
  private var end = 0

  /// The object's place; nil if the text is anything else, or not whole.
  var range: Range<Int>? { place == .behind && !value.isBroken ? begin..<end : nil }

  /// Takes the next piece, which lies at `offset`.
  mutating func take(_ piece: UnsafeRawBufferPointer, at offset: Int) {
    var index = 0
    while index < piece.count {
      switch place {
      case .elsewhere: return
      case .inside:
        guard let behind = value.end(in: piece, from: index) else { return }
        place = .behind
        end = offset + behind
        index = behind
      case .before where piece[index] == UInt8(ascii: "{"):
        place = .inside
        begin = offset + index
      case .before, .behind:
        if piece[index].isJSONSpace { index += 1 } else { place = .elsewhere }
      }
    }
  }
}

extension UInt8 {
  /// White space as JSON has it.
  var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

extension UnsafeRawBufferPointer {
  /// Like `firstIndex`, in the C library's speed.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let base = baseAddress,
      let found = memchr(base + start, Int32(byte), count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
