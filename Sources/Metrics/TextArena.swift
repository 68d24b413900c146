import Glibc

/// Many short texts in one array of bytes, numbered from 0.
struct TextArena: Sendable {
  private var bytes: [UInt8] = []
  /// Where each text ends in `bytes`.
  private var ends: [Int] = []

  init() {}

  /// A copy of some texts, in the order of `numbers`.
  init(_ texts: Texts, in numbers: [Int]) {
    bytes.reserveCapacity(texts.byteCount)
    ends.reserveCapacity(numbers.count)
    for number in numbers { append(texts[number]) }
  }

  var count: Int { ends.count }

  /// Adds a text and returns its number.
  @discardableResult
  mutating func append(_ text: some Collection<UInt8>) -> Int {
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
    return ends.count - 1
  }

  /// Gives the texts to `body`, for as long as it runs.
  func withTexts<Result>(_ body: (Texts) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBufferPointer { bytes in
      try ends.withUnsafeBufferPointer { ends in try body(Texts(bytes: bytes, ends: ends)) }
    }
  }

  /// A view of the texts.
  struct Texts {
    fileprivate let bytes: UnsafeBufferPointer<UInt8>
    fileprivate let ends: UnsafeBufferPointer<Int>

    var count: Int { ends.count }

    fileprivate var byteCount: Int { bytes.count }

    subscript(number: Int) -> UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(rebasing: bytes[(number == 0 ? 0 : ends[number - 1])..<ends[number]])
    }

    /// Whether one text's bytes come before another's.
    func precedes(_ left: Int, _ right: Int) -> Bool {
      let (left, right) = (self[left], self[right])
      guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else {
        return left.count < right.count
      }
      let order = memcmp(leftStart, rightStart, min(left.count, right.count))
      return order == 0 ? left.count < right.count : order < 0
    }
  }
}
