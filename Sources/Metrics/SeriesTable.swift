import Glibc
import Support

/// All series of one family: texts in one arena, numbers in one array, no object per series.
struct SeriesTable: Sendable {
  let family: Family
  /// Integers per row: the value, or of a histogram the count of each bucket, then the sum.
  let width: Int
  /// `name{labels} ` of each row, one after the other; of histograms the labels only, since each
  /// row becomes many lines.
  private var texts: [UInt8] = []
  /// Where each row's text ends in `texts`.
  private var ends: [Int] = []
  private(set) var values: [Int64] = []
  /// By row · buckets + bucket.
  private(set) var exemplars: [Int: Exemplar] = [:]
  /// By row.
  private(set) var created: [Int: Timestamp] = [:]

  init(_ family: Family) {
    self.family = family
    width = family.descriptor.valuesPerSeries
  }

  var count: Int { ends.count }

  mutating func add(labels: [String], created time: Timestamp?) -> Int {
    let descriptor = family.descriptor
    assert(labels.count == descriptor.labels.count, "\(descriptor.name) has other labels")
    var text = TextBuffer()
    if descriptor.buckets != nil {
      text.append(labels: descriptor.labels, values: labels)
    } else {
      text.append(descriptor.name)
      if !labels.isEmpty {
        text.append("{")
        text.append(labels: descriptor.labels, values: labels)
        text.append("}")
      }
      text.append(" ")
    }
    let row = ends.count
    texts.append(contentsOf: text.bytes)
    ends.append(texts.count)
    values.append(contentsOf: repeatElement(0, count: width))
    if let time { created[row] = time }
    return row
  }

  mutating func set(row: Int, _ value: Int64) {
    assert(width == 1, "\(family) is a histogram")
    values[row] = value
  }

  mutating func set(row: Int, counts: Span<Int64>, sum: Int64) {
    assert(counts.count == width - 1, "\(family) has \(width - 1) buckets")
    let start = row * width
    for index in counts.indices { values[start + index] = counts[index] }
    values[start + width - 1] = sum
  }

  mutating func set(row: Int, bucket: Int, _ exemplar: Exemplar) {
    assert(row < count && bucket < width - 1, "\(family) has no such bucket")
    exemplars[row * (width - 1) + bucket] = exemplar
  }

  /// The texts of all rows by row number, valid within `body`.
  func withTexts<Result>(_ body: (RowTexts) throws -> Result) rethrows -> Result {
    try texts.withUnsafeBufferPointer { texts in
      try ends.withUnsafeBufferPointer { ends in try body(RowTexts(texts: texts, ends: ends)) }
    }
  }
}

/// A view of the rows' texts.
struct RowTexts {
  fileprivate let texts: UnsafeBufferPointer<UInt8>
  fileprivate let ends: UnsafeBufferPointer<Int>

  var count: Int { ends.count }

  subscript(row: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: texts[(row == 0 ? 0 : ends[row - 1])..<ends[row]])
  }

  /// Whether one row's bytes come before another's.
  func precedes(_ left: Int, _ right: Int) -> Bool {
    let (left, right) = (self[left], self[right])
    guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else {
      return left.count < right.count
    }
    let order = memcmp(leftStart, rightStart, min(left.count, right.count))
    return order == 0 ? left.count < right.count : order < 0
  }
}
