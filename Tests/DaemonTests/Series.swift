/// The samples of an exposition.
struct Series {
  /// By name and labels, as written; values in billionths.
  private(set) var samples: [String: Int64] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      samples[String(line[..<space])] = billionths(String(line[line.index(after: space)...]))
    }
  }

  /// One family's values, in billionths, summed up by some of its labels: `a|b`.
  func sums(_ name: String, by labels: String..., where condition: String = "") -> [String: Int64] {
    sums(name, by: labels, where: condition)
  }

  func sums(_ name: String, by labels: [String], where condition: String = "") -> [String: Int64] {
    var sums: [String: Int64] = [:]
    for (series, value) in samples
    where series.hasPrefix(name + "{") && series.contains(condition) {
      sums[labels.map { label(series, $0) }.joined(separator: "|"), default: 0] += value
    }
    return sums
  }

  /// The same for whole numbers.
  func counts(_ name: String, by labels: String..., where condition: String = "") -> [String: Int64]
  {
    var sums: [String: Int64] = [:]
    for (series, value) in samples
    where series.hasPrefix(name + "{") && series.contains(condition) {
      sums[labels.map { label(series, $0) }.joined(separator: "|"), default: 0] +=
        value / 1_000_000_000
    }
    return sums
  }

  private func label(_ series: String, _ name: String) -> String {
    guard
      let start = series.firstRange(of: "{\(name)=\"") ?? series.firstRange(of: ",\(name)=\"")
    else { return "" }
    return String(series[start.upperBound...].prefix { $0 != "\"" })
  }
}

/// `text` as an integer of billionths, rounded half to even, by schoolbook arithmetic on digits.
func billionths(_ text: String) -> Int64 {
  var mantissa = text
  var exponent = 9
  if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
    exponent += Int(text[text.index(after: mark)...].drop { $0 == "+" }) ?? 0
    mantissa = String(text[..<mark])
  }
  let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
  var digits = parts.joined().compactMap(\.wholeNumberValue)
  exponent -= parts.count == 2 ? parts[1].count : 0
  if exponent >= 0 { digits += Array(repeating: 0, count: exponent) }
  let cut = exponent < 0 ? min(digits.count, -exponent) : 0
  let dropped = Array(repeating: 0, count: max(0, -exponent - digits.count)) + digits.suffix(cut)
  var value = digits.dropLast(cut).reduce(Int64(0)) { $0 * 10 + Int64($1) }
  if let first = dropped.first {
    let rest = dropped.dropFirst().contains { $0 != 0 }
    if first > 5 || first == 5 && (rest || value % 2 == 1) { value += 1 }
  }
  return mantissa.hasPrefix("-") ? -value : value
}
