import Record
import Support
import TestSupport

@testable import Source

/// A body is answered once, with every element of it accepted or rejected, however it is packed and
/// however much of it is read at a time.
enum IngestProperties {
  private static let maxLine = 8192

  static func check(_ input: [UInt8]) throws(Violation) {
    let whole = try taken(input, budget: 1 << 20)
    try hold(try taken(input, budget: 1), is: whole, "read element by element it is another body")
    let packed = try taken(Packed.gzip(input), isPacked: true, budget: 64)
    try hold(packed, is: whole, "packed it is another body")
    _ = try taken(input, isPacked: true, budget: 1 << 20)
    try checkPieces(input)
    try checkRepetition(input)
  }

  private struct Taken: Equatable {
    var outcomes: [PushOutcome] = []
    var records: [String] = []
    var elements: [String] = []
  }

  private static func taken(
    _ body: [UInt8], isPacked: Bool = false, budget: Int
  ) throws(Violation) -> Taken {
    let outcomes = Locked<[PushOutcome]>([])
    let queue = PushQueue()
    let source = PushSource(queue: queue, maxLine: maxLine)
    let delivery = PushDelivery(body: body, isPacked: isPacked) { outcome in
      outcomes.withLock { $0.append(outcome) }
    }
    try hold(queue.offer(delivery) == .taken, "an empty queue is full")
    var taken = Taken()
    let decoding = Decoding()
    var (lines, tooLong, rejected) = (0, 0, 0)
    while true {
      let result = source.read(budget: budget) { line, _, _ in
        taken.elements.append(text(line))
        if case .failure = decoding.add(Array(line)) {
          rejected += 1
          source.reject()
        }
      }
      lines += result.lines
      tooLong += result.tooLong
      source.commit()
      if !result.hasMore { break }
    }
    taken.outcomes = outcomes.withLock { $0 }
    taken.records = [decoding.batch.told]
    try hold(taken.outcomes.count == 1, "a body has \(taken.outcomes.count) answers")
    try hold(taken.elements.count == lines, "elements are missing")
    switch taken.outcomes.first {
    case .stored(let accepted, let duplicates, let refused):
      try hold(duplicates == 0 && accepted == lines - rejected, "accepted are \(accepted)")
      try hold(refused == rejected + tooLong, "rejected are \(refused)")
    default: try hold(lines + tooLong == 0, "a body that is no use has elements")
    }
    return taken
  }

  /// Where a body is cut into pieces makes no difference.
  private static func checkPieces(_ input: [UInt8]) throws(Violation) {
    var random = chances(of: input)
    let whole = elements(of: input) { input.count }
    for _ in 0..<3 {
      let size = Int.random(in: 1...max(1, input.count / 2), using: &random)
      let pieces = elements(of: input) { Int.random(in: 1...size, using: &random) }
      try hold(pieces, is: whole, "pieces of at most \(size) bytes have other elements")
    }
  }

  /// The elements of an array, written as an array, are the same.
  private static func checkRepetition(_ input: [UInt8]) throws(Violation) {
    guard input.first(where: { !$0.isJSONSpace }) == UInt8(ascii: "["),
      case .success(let ranges) = elements(of: input, { input.count })
    else { return }
    let elements = ranges.map { Array(input[$0]) }
    for (element, range) in zip(elements, ranges) {
      try hold(!element.isEmpty, "the element at \(range) is empty")
    }
    let array = Array("[".utf8) + Array(elements.joined(separator: ",".utf8)) + Array("]".utf8)
    guard case .success(let again) = Self.elements(of: array, { array.count }) else {
      throw Violation("its elements are no array: \(text(array))")
    }
    try hold(again.map { Array(array[$0]) }, is: elements, "as an array they are others")
  }

  private static func elements(
    of input: [UInt8], _ size: () -> Int
  ) -> Result<[Range<Int>], ElementScan.Failure> {
    do throws(ElementScan.Failure) {
      var scan = ElementScan(most: 1000)
      var rest = input[...]
      while !rest.isEmpty {
        let piece = rest.prefix(size())
        rest = rest.dropFirst(piece.count)
        try scan.take(all: Array(piece))
      }
      return .success(try scan.elements())
    } catch {
      return .failure(error)
    }
  }
}

extension ElementScan {
  /// Looks at the next piece.
  mutating func take(all piece: [UInt8]) throws(Failure) {
    var failure: Failure?
    piece.withUnsafeBytes { bytes in
      do throws(Failure) { try take(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
