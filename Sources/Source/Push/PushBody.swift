/// A delivery cut into elements, one of which is in memory at a time besides the body as it came.
struct PushBody: ~Copyable {
  /// Why nothing of it can be used.
  enum Failure: Error, Equatable {
    case malformed(String)
    case tooLarge(String)
  }

  /// One element; `text` has `JSONLine.padding` readable bytes behind it, is valid until the next
  /// one, and nil if it is longer than a line may be.
  struct Element {
    var index: Int
    var count: Int
    var text: UnsafeMutableRawBufferPointer?
  }

  /// Bytes of text: what a body may unpack to.
  static let mostText = 32 << 20
  /// Elements of an array, or lines.
  static let mostElements = 100_000
  /// Text up to this size may have been packed to nothing; above, this much to a byte is a bomb.
  private static let mostRatio = 100
  private static let smallText = 1 << 20
  /// Bytes looked at together.
  private static let chunk = 64 << 10

  private let maxLine: Int
  private let elements: [Range<Int>]
  private var text: PushText
  private var buffer = LineBuffer(capacity: Self.chunk)
  private var next = 0

  /// Looks through the delivery for its elements, unpacking it if need be.
  init(_ delivery: PushDelivery, maxLine: Int) throws(Failure) {
    self.maxLine = maxLine
    var text = PushText(delivery)
    let limit =
      delivery.isPacked
      ? min(Self.mostText, max(Self.smallText, delivery.body.count * Self.mostRatio)) : .max
    elements = try Self.elements(of: &text, limit: limit, in: buffer.bytes)
    text.rewind()
    self.text = text
  }

  /// The next element; nil at the end.
  mutating func element() -> Element? {
    guard next < elements.count else { return nil }
    let range = elements[next]
    var element = Element(index: next, count: range.count)
    next += 1
    guard range.count <= maxLine else { return element }
    buffer.grow(to: range.count)
    do throws(Inflater.Corrupt) {
      try text.read(range, into: buffer.bytes)
      element.text = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<range.count])
      return element
    } catch {
      // Cannot be: it was unpacked to its end before.
      return nil
    }
  }

  private static func elements(
    of text: inout PushText, limit: Int, in room: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> [Range<Int>] {
    var scan = ElementScan(most: mostElements)
    var left = limit
    while true {
      let count: Int
      do throws(Inflater.Corrupt) {
        count = try text.read(into: room)
      } catch {
        throw .malformed("the body is not whole gzip data, as Content-Encoding says")
      }
      guard count <= left else {
        throw .tooLarge("the body unpacks to more than the \(limit) bytes taken here")
      }
      left -= count
      do throws(ElementScan.Failure) {
        if count == 0 { return try scan.elements() }
        try scan.take(UnsafeRawBufferPointer(rebasing: room[..<count]))
      } catch {
        throw Self.failure(error)
      }
    }
  }

  private static func failure(_ failure: ElementScan.Failure) -> Failure {
    switch failure {
    case .empty: .malformed("the body is empty")
    case .foreign: .malformed("the body is neither a JSON array nor JSON objects")
    case .malformed: .malformed("the body is not valid JSON")
    case .tooMany: .tooLarge("the body has more than the \(mostElements) elements taken here")
    }
  }
}
