/// A parameter of a statement.
package enum PostgresValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case number(Double)
  case flag(Bool)
  /// Without NUL, which PostgreSQL's text cannot hold; `init(text:)` sees to it.
  case text(String)
  case bytes([UInt8])

  /// Any text; a NUL in it becomes U+FFFD.
  package init(text: String) { self = .text(text.withoutNUL) }

  /// NULL for nil.
  package init(_ value: Int64?) { self = value.map(PostgresValue.integer) ?? .null }

  /// As the protocol takes it, and whether that is its binary form.
  var encoded: (bytes: [UInt8], isBinary: Bool)? {
    switch self {
    case .null: nil
    case .integer(let value): (Array("\(value)".utf8), false)
    case .number(let value): (Array("\(value)".utf8), false)
    case .flag(let value): (Array((value ? "true" : "false").utf8), false)
    case .text(let value): (Array(value.utf8), false)
    case .bytes(let value): (value, true)
    }
  }
}

extension String {
  var withoutNUL: String {
    utf8.contains(0) ? String(map { $0 == "\0" ? "\u{FFFD}" : $0 }) : self
  }
}
