import Support

/// All series of one family: texts in one arena, numbers in one array, no object per series.
struct SeriesTable: Sendable {
  let family: Family
  /// Integers per row: the value, or of a histogram the count of each bucket, then the sum.
  let width: Int
  /// `name{labels} ` of each row, one after the other; of histograms the labels only, since each
  /// row becomes many lines.
  private(set) var texts = TextArena()
  private(set) var values: [Int64] = []
  /// By row · buckets + bucket.
  private(set) var exemplars: [Int: Exemplar] = [:]
  /// By row.
  private(set) var created: [Int: Timestamp] = [:]

  init(_ family: Family) {
    self.family = family
    width = family.descriptor.valuesPerSeries
  }

  var count: Int { texts.count }

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
    let row = texts.append(text.bytes)
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
}
