/// A family under a foreign name and with foreign labels, made from families that are published.
///
/// It holds no numbers: each exposition sums it anew from the rows of its sources.
struct ProjectedFamily: Sendable {
  /// A published family, and what its rows are called in this one.
  struct Source: Sendable {
    let family: Family
    /// From label values, in the descriptor's order and escaped as exposed, to labels and their
    /// values; nil leaves the row out.
    let labels: @Sendable ([String]) -> [(name: String, value: String)]?

    init(
      _ family: Family,
      _ labels: @escaping @Sendable ([String]) -> [(name: String, value: String)]?
    ) {
      self.family = family
      self.labels = labels
    }
  }

  /// In full: counters end in `_total`.
  let name: String
  let help: String
  /// All of one kind and unit; rows that come to bear the same labels are added up.
  let sources: [Source]
  /// For gauges: a number in the foreign family's words.
  let gauge: @Sendable (Double) -> Double

  init(
    _ name: String, _ sources: [Source], help: String,
    gauge: @escaping @Sendable (Double) -> Double = { $0 }
  ) {
    self.name = name
    self.help = help
    self.sources = sources
    self.gauge = gauge
  }

  /// Kind, unit and buckets are those of the first source.
  var descriptor: Descriptor? { sources.first?.family.descriptor }

  /// A counter's name without `_total`, else the name.
  var baseName: String { name.hasSuffix("_total") ? String(name.dropLast(6)) : name }

  /// Label text and numbers of each row, sorted by the text. A gauge's last source wins.
  func rows(of tables: (Family) -> SeriesTable) -> [(labels: String, numbers: [Int64])] {
    var sums: [String: [Int64]] = [:]
    for source in sources {
      let table = tables(source.family)
      let isNumber = source.family.descriptor.origin == .collected
      for (row, values) in table.labelValues.enumerated() {
        guard let labels = source.labels(values) else { continue }
        let text = labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
        let numbers = table.values[row * table.width..<(row + 1) * table.width]
        if isNumber {
          let value = Double(bitPattern: UInt64(bitPattern: numbers.first ?? 0))
          sums[text] = [Int64(bitPattern: gauge(value).bitPattern)]
        } else if let old = sums[text] {
          sums[text] = zip(old, numbers).map { $0.addingReportingOverflow($1).partialValue }
        } else {
          sums[text] = Array(numbers)
        }
      }
    }
    return sums.sorted { $0.key < $1.key }.map { (labels: $0.key, numbers: $0.value) }
  }
}

extension SeriesTable {
  /// The values of each row's labels, read back from its text: escaped as they are exposed.
  var labelValues: [[String]] {
    texts.withTexts { texts in
      (0..<texts.count).map { Self.quoted(in: texts[$0]) }
    }
  }

  /// What stands between quotes that are not escaped.
  private static func quoted(in text: UnsafeBufferPointer<UInt8>) -> [String] {
    var values: [String] = []
    var start: Int?
    var isEscaped = false
    for (index, byte) in text.enumerated() {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        if let begun = start {
          values.append(String(decoding: text[begun..<index], as: UTF8.self))
          start = nil
        } else {
          start = index + 1
        }
      }
    }
    return values
  }
}
