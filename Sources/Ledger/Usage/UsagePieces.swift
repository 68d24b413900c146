/// Which rows cover a stretch of quarters: those of the longest blocks there are, and single
/// quarters for the rest.
struct UsagePieces {
  struct Piece: Equatable {
    /// Nil: quarters of an hour by themselves.
    var span: RollupBlock.Span?
    /// Where the rows begin.
    var quarters: Range<Int64>
  }

  private(set) var pieces: [Piece] = []
  private let hasHours: Bool

  /// `through` says up to which quarter each day is in blocks.
  init(_ quarters: Range<Int64>, through: [Int64: Int64], hasHours: Bool) {
    self.hasHours = hasHours
    var next = quarters.lowerBound
    while next < quarters.upperBound {
      let day = RollupBlock.Span.day.start(next)
      let end = min(quarters.upperBound, day + RollupBlock.Span.day.rawValue)
      let done = through[day / RollupBlock.Span.day.rawValue] ?? day
      if next == day, done > day, done <= end {
        add(.day, day..<day + RollupBlock.Span.day.rawValue)
        add(nil, done..<end)
      } else {
        addPart(next..<end, done: done)
      }
      next = end
    }
  }

  /// Of one day.
  private mutating func addPart(_ quarters: Range<Int64>, done: Int64) {
    let first = RollupBlock.Span.hour.start(quarters.lowerBound + 3)
    let last = RollupBlock.Span.hour.start(min(quarters.upperBound, done))
    guard hasHours, first < last else { return add(nil, quarters) }
    add(nil, quarters.lowerBound..<first)
    add(.hour, first..<last)
    add(nil, last..<quarters.upperBound)
  }

  private mutating func add(_ span: RollupBlock.Span?, _ quarters: Range<Int64>) {
    guard !quarters.isEmpty else { return }
    if let last = pieces.last, last.span == span, last.quarters.upperBound == quarters.lowerBound {
      pieces[pieces.count - 1].quarters = last.quarters.lowerBound..<quarters.upperBound
    } else {
      pieces.append(Piece(span: span, quarters: quarters))
    }
  }
}
