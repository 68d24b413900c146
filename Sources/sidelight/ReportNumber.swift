import Support

/// Numbers as people read them in a table.
enum ReportNumber {
  /// Such as `12 345`; the space does not break.
  static func grouped(_ number: Int64) -> String {
    var groups: [String] = []
    var digits = Substring(String(number.magnitude))
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits = digits.dropLast(3)
    }
    groups.insert(String(digits), at: 0)
    return (number < 0 ? "-" : "") + groups.joined(separator: "\u{00A0}")
  }

  /// Such as `950`, `12.3k`, `4.56M` or `1.23G`: three digits.
  static func short(_ number: Int64) -> String {
    guard number.magnitude >= 1000 else { return "\(number)" }
    var value = Double(number) / 1000
    var units = ["k", "M", "G", "T"][...]
    while value >= 999.5, units.count > 1 {
      value /= 1000
      units = units.dropFirst()
    }
    return decimal(value, decimals: value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)
      + (units.first ?? "")
  }

  /// Rounded to so many decimals; what would read as nothing is `<$0.01`.
  static func dollars(_ nanodollars: Int64, decimals: Int) -> String {
    let unit: Int64 = decimals == 2 ? 10_000_000 : 100_000
    let scale: Int64 = decimals == 2 ? 100 : 10_000
    let rounded = (nanodollars &+ unit / 2) / unit
    let isLess = rounded == 0 && nanodollars > 0
    let fraction = String(isLess ? 1 : rounded % scale)
    let zeros = String(repeating: "0", count: max(0, decimals - fraction.count))
    return "\(isLess ? "<" : "")$\(grouped(rounded / scale)).\(zeros)\(fraction)"
  }

  static func seconds(_ span: TimeSpan) -> String {
    if span.seconds < 0.9995 { return "\(decimal(span.seconds * 1000, decimals: 0)) ms" }
    return "\(decimal(span.seconds, decimals: span.seconds < 99.5 ? 1 : 0)) s"
  }

  /// In percent; nothing where there is nothing to share.
  static func share(_ part: Int64, of whole: Int64) -> String {
    guard whole > 0 else { return "–" }
    if part == 0 { return "0" }
    let percent = 100 * Double(part) / Double(whole)
    return percent < 0.1 ? "<0.1 %" : "\(decimal(percent, decimals: percent < 99.95 ? 1 : 0)) %"
  }

  private static func decimal(_ value: Double, decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let digits = Int64((value * scale).rounded())
    let whole = digits / Int64(scale)
    guard decimals > 0 else { return "\(whole)" }
    let fraction = String(digits % Int64(scale))
    return "\(whole)." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }
}
