import Glibc

/// A delivery's text, cut into elements where it lies.
struct PushBody: ~Copyable {
  /// Why nothing of it can be used.
  enum Failure: Error, Equatable {
    case malformed(String)
    case tooLarge(String)
  }

  /// Bytes of text: what a body may unpack to.
  static let mostText = 32 << 20
  /// Elements of an array.
  static let mostElements = 100_000
  /// Text up to this size may have been packed to nothing; above, this much to a byte is a bomb.
  private static let mostRatio = 100
  private static let smallText = 1 << 20
  /// Without JSON in one of the first lines, it is some other text.
  private static let linesTried = 100

  private enum Layout {
    case array([Range<Int>])
    case lines
  }

  private let text: Inflater.Text
  private let layout: Layout
  /// The place of the next element: in the array, or in the text.
  private var next = 0
  /// How many elements were delivered.
  private(set) var index = 0

  /// Unpacks the delivery if need be and finds out what it is.
  init(_ delivery: PushDelivery) throws(Failure) {
    let text = try Self.text(of: delivery)
    layout = try Self.layout(of: text.bytes)
    self.text = text
  }

  /// The next element with its index and the bytes it takes up, `JSONLine.padding` readable bytes
  /// behind it; nil at the end.
  mutating func element() -> (text: UnsafeMutableRawBufferPointer, index: Int)? {
    guard let range = nextRange() else { return nil }
    index += 1
    return (UnsafeMutableRawBufferPointer(rebasing: text.buffer.bytes[range]), index - 1)
  }

  private mutating func nextRange() -> Range<Int>? {
    switch layout {
    case .array(let ranges):
      guard next < ranges.count else { return nil }
      next += 1
      return ranges[next - 1]
    case .lines:
      return Self.line(in: text.bytes, from: &next)
    }
  }

  /// The next line that is not empty, without its end.
  private static func line(
    in text: UnsafeRawBufferPointer, from next: inout Int
  ) -> Range<Int>? {
    while next < text.count, let base = text.baseAddress {
      let start = next
      let newline = memchr(base + start, 0x0A, text.count - start)
      var end = newline.map { UnsafeRawPointer($0) - base } ?? text.count
      next = end + 1
      if end > start, text[end - 1] == 0x0D { end -= 1 }
      if text[start..<end].contains(where: { !$0.isSpace }) { return start..<end }
    }
    return nil
  }

  private static func text(of delivery: PushDelivery) throws(Failure) -> Inflater.Text {
    if delivery.isPacked { return try unpack(delivery.body) }
    let buffer = LineBuffer(capacity: delivery.body.count)
    buffer.bytes.copyBytes(from: delivery.body)
    return Inflater.Text(buffer: buffer, count: delivery.body.count)
  }

  private static func unpack(_ packed: [UInt8]) throws(Failure) -> Inflater.Text {
    let limit = min(mostText, max(smallText, packed.count * mostRatio))
    do throws(Inflater.Failure) {
      // The buffer pointer stays within the call.
      return try packed.span.withUnsafeBytes { bytes throws(Inflater.Failure) in
        try Inflater.unpack(bytes, limit: limit)
      }
    } catch {
      switch error {
      case .tooLarge:
        throw .tooLarge("the body unpacks to more than the \(limit) bytes taken here")
      case .corrupt: throw .malformed("the body is not whole gzip data, as Content-Encoding says")
      }
    }
  }

  private static func layout(of text: UnsafeRawBufferPointer) throws(Failure) -> Layout {
    guard let first = text.first(where: { !$0.isSpace }) else {
      throw .malformed("the body is empty")
    }
    guard first == UInt8(ascii: "[") || first == UInt8(ascii: "{") else {
      throw .malformed("the body is neither a JSON array nor JSON objects")
    }
    switch JSONArray.layout(of: text, most: mostElements) {
    case .elements(let ranges): return .array(ranges)
    case .object: return .array([0..<text.count])
    case .tooMany:
      throw .tooLarge("the array has more than the \(mostElements) elements taken here")
    case .notJSON:
      guard first == UInt8(ascii: "{"), hasJSONLine(text) else {
        throw .malformed("the body is not valid JSON")
      }
      return .lines
    }
  }

  private static func hasJSONLine(_ text: UnsafeRawBufferPointer) -> Bool {
    var next = 0
    for _ in 0..<linesTried {
      guard let range = line(in: text, from: &next) else { break }
      let line = UnsafeRawBufferPointer(rebasing: text[range])
      if JSONArray.layout(of: line, most: 0) == .object { return true }
    }
    return false
  }
}

extension Inflater.Text {
  fileprivate var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
