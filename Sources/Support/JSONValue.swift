/// A JSON text in the making: members stay in their order, and numbers are exact.
package indirect enum JSONValue: Sendable, Equatable {
  case null
  case flag(Bool)
  case integer(Int64)
  /// A decimal fraction: `digits` divided by ten to the power of `decimals`.
  case fixed(digits: Int64, decimals: Int)
  /// Reads `null` where it is not finite.
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([Member])

  /// A name and its value.
  package struct Member: Sendable, Equatable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// An object of members in order; those whose value is nil are left out.
  package static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { name, value in value.map { Member(name, $0) } })
  }

  /// A text, or `null` for nil.
  package static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.text) ?? .null }

  /// The whole text on one line, without spaces.
  package var encoded: String {
    var result = ""
    write(to: &result)
    return result
  }

  private func write(to result: inout String) {
    switch self {
    case .null: result += "null"
    case .flag(let flag): result += flag ? "true" : "false"
    case .integer(let number): result += String(number)
    case .fixed(let digits, let decimals): result += Self.decimal(digits, decimals: decimals)
    case .number(let number): result += number.isFinite ? "\(number)" : "null"
    case .text(let text): Self.write(text, to: &result)
    case .list(let values):
      result += "["
      for (index, value) in values.enumerated() {
        if index > 0 { result += "," }
        value.write(to: &result)
      }
      result += "]"
    case .object(let members):
      result += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { result += "," }
        Self.write(member.name, to: &result)
        result += ":"
        member.value.write(to: &result)
      }
      result += "}"
    }
  }

  /// `digits` with a point before the last `decimals` of them, without zeros at the end.
  package static func decimal(_ digits: Int64, decimals: Int) -> String {
    let sign = digits < 0 ? "-" : ""
    var text = String(digits.magnitude)
    guard decimals > 0 else { return sign + text }
    text = String(repeating: "0", count: max(0, decimals + 1 - text.count)) + text
    let whole = text.dropLast(decimals)
    var fraction = text.suffix(decimals)
    while fraction.last == "0" { fraction.removeLast() }
    return sign + whole + (fraction.isEmpty ? "" : ".\(fraction)")
  }

  private static func write(_ text: String, to result: inout String) {
    result += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    result += "\""
  }
}
