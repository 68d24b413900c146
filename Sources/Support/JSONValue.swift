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
  /// JSON that was written before, as it is.
  case written(String)

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

  /// Seconds since 1970, exact.
  package static func time(_ time: Timestamp) -> JSONValue {
    .fixed(digits: time.microseconds, decimals: 6)
  }

  /// Seconds, exact.
  package static func seconds(_ span: TimeSpan) -> JSONValue {
    .fixed(digits: span.microseconds, decimals: 6)
  }

  /// The whole text on one line, without spaces.
  package var encoded: String { String(decoding: bytes, as: UTF8.self) }

  /// The same as bytes.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  private func write(to result: inout [UInt8]) {
    switch self {
    case .null: result += "null".utf8
    case .flag(let flag): result += (flag ? "true" : "false").utf8
    case .integer(let number): result += String(number).utf8
    case .fixed(let digits, let decimals):
      result += Self.decimal(digits, decimals: decimals).utf8
    case .number(let number): result += (number.isFinite ? "\(number)" : "null").utf8
    case .text(let text): JSONString.append(text, to: &result)
    case .written(let text): result += text.utf8
    case .list(let values):
      result += "[".utf8
      for (index, value) in values.enumerated() {
        if index > 0 { result += ",".utf8 }
        value.write(to: &result)
      }
      result += "]".utf8
    case .object(let members):
      result += "{".utf8
      for (index, member) in members.enumerated() {
        if index > 0 { result += ",".utf8 }
        JSONString.append(member.name, to: &result)
        result += ":".utf8
        member.value.write(to: &result)
      }
      result += "}".utf8
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
}
