import Support

/// A value on its way to a reader: a configuration rendered back.
indirect enum ShownValue: Equatable, Sendable {
  case text(String)
  case number(Int64)
  /// A number that need not be whole.
  case fraction(Double)
  case flag(Bool)
  case list([ShownValue])
  case mapping([Entry])
  /// A secret; what it is stays inside.
  case redacted

  struct Entry: Equatable, Sendable {
    let key: String
    let value: ShownValue
  }

  /// On one line, as it may stand in a YAML file.
  var flow: String {
    switch self {
    case .text(let text): Self.scalar(text)
    case .number(let number): String(number)
    case .fraction(let number): number == number.rounded() ? "\(Int64(number))" : "\(number)"
    case .flag(let flag): String(flag)
    case .redacted: "<redacted>"
    case .list(let elements): "[\(elements.map(\.flow).joined(separator: ", "))]"
    case .mapping(let entries):
      "{\(entries.map { "\(Self.scalar($0.key)): \($0.value.flow)" }.joined(separator: ", "))}"
    }
  }

  /// As a YAML file: sections and lists of sections in blocks, all else on one line.
  var block: String {
    guard case .mapping(let entries) = self else { return flow + "\n" }
    return entries.map { entry in
      let key = Self.scalar(entry.key)
      switch entry.value {
      case .mapping(let inner) where !inner.isEmpty:
        return "\(key):\n\(Self.indented(entry.value.block, first: "  "))"
      case .list(let elements) where elements.contains(where: \.isMapping):
        return "\(key):\n\(elements.map { Self.indented($0.block, first: "  - ") }.joined())"
      default:
        return "\(key): \(entry.value.flow)\n"
      }
    }.joined()
  }

  /// As JSON.
  var json: JSONValue {
    switch self {
    case .text(let text): .text(text)
    case .number(let number): .integer(number)
    case .fraction(let number): .number(number)
    case .flag(let flag): .flag(flag)
    case .redacted: .text("<redacted>")
    case .list(let elements): .list(elements.map(\.json))
    case .mapping(let entries): .object(entries.map { .init($0.key, $0.value.json) })
    }
  }

  private var isMapping: Bool {
    if case .mapping = self { true } else { false }
  }

  private static func indented(_ block: String, first: String) -> String {
    let lines = block.split(separator: "\n")
    let rest = String(repeating: " ", count: first.count)
    return lines.enumerated().map { ($0 == 0 ? first : rest) + $1 + "\n" }.joined()
  }

  /// Bare where no reader could take it for anything but this text, else in quotes by the rules
  /// that YAML and JSON share; dollars are doubled.
  private static func scalar(_ text: String) -> String {
    let text = text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    let bare = text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "_./-:".utf8.contains($0)
      }
    }
    // Some readers take 12:30 for a number.
    let colons = !text.contains(":") || text.contains(".") || text.first?.isLetter == true
    let begins = text.first.map { $0.isLetter || $0.isNumber || $0 == "/" } ?? false
    let word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    return bare && begins && colons && text.last != ":" && !word.contains(text.lowercased())
      ? text : JSONString.quoted(text)
  }
}
