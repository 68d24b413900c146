/// What rotation makes of a file's name.
enum RotatedName {
  /// Whether `name` is what `base` may be called after its rotation: `log.1`, `log-20261121`,
  /// `log.old`, or with the ending kept `log-20261121.jsonl`, `log.1.jsonl`.
  static func matches(_ name: String, base: String) -> Bool {
    if name.hasPrefix(base) { return isStamp(name.dropFirst(base.count)) }
    let stem = stem(of: base)
    let ending = base[stem.endIndex...]
    guard !ending.isEmpty, name.count > base.count, name.hasPrefix(stem), name.hasSuffix(ending)
    else {
      return false
    }
    return isStamp(name.dropFirst(stem.count).dropLast(ending.count))
  }

  /// What the name and those that rotation makes of it begin with.
  static func stem(of base: String) -> Substring {
    guard let dot = base.lastIndex(of: "."), dot > base.startIndex else { return base[...] }
    return base[..<dot]
  }

  /// 2 for `log.2`, as Sidelight's own rotation names files; nil for other names.
  static func number(of path: String) -> Int? {
    guard let dot = path.lastIndex(of: "."), path[dot...].count > 1 else { return nil }
    let digits = path[path.index(after: dot)...]
    guard digits.first != "0", digits.count < 10,
      digits.allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    return Int(digits)
  }

  /// Whether a file of this name is packed, which following cannot read.
  static func isCompressed(_ name: String) -> Bool {
    [".gz", ".zst", ".bz2", ".xz", ".lz4", ".zip"].contains { name.hasSuffix($0) }
  }

  private static func isStamp(_ text: Substring) -> Bool {
    if text == ".old" || text == ".prev" || text == ".bak" { return true }
    guard let first = text.first, ".-_".contains(first) else { return false }
    return text.contains { $0.isASCII && $0.isNumber }
      && text.allSatisfy { ($0.isASCII && $0.isNumber) || ".-_:+TZ".contains($0) }
  }
}
