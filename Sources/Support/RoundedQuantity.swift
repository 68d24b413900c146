/// Quantities as people say them: one unit, no more digits than matter.
extension Quantity {
  /// Such as `3 s`, `5 min`, `2 h` or `4 d`; under a second, and in the future, `0 s`.
  package static func rounded(_ span: TimeSpan) -> String {
    let seconds = max(0, span.microseconds / 1_000_000)
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 7200 { return "\(seconds / 60) min" }
    if seconds < 172_800 { return "\(seconds / 3600) h" }
    return "\(seconds / 86_400) d"
  }

  /// Such as `12 kB` or `3.4 MB`; powers of ten.
  package static func rounded(bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 999.5 || unit == "GB" {
        let isWhole = value >= 9.95 || unit == "B"
        let tenths = Int64((value * 10).rounded())
        return isWhole
          ? "\(Int64(value.rounded())) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
      }
      value /= 1000
    }
    return "\(bytes) B"
  }
}
