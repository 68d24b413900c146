/// A reader of well-formed JSON that keeps every value as its text: a second opinion on what the
/// parser under test makes of a line.
package struct RawJSON {
  /// The members of an object, as written; the last of equal keys counts.
  package private(set) var members: [String: String] = [:]

  /// Takes the outermost object of `text` apart.
  package init(_ text: String) {
    var depth = 0
    var inString = false
    var escaped = false
    var key: String?
    var piece: [UInt8] = []
    func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
    for byte in text.utf8 {
      if inString {
        piece.append(byte)
        if escaped {
          escaped = false
        } else if byte == 0x5C {
          escaped = true
        } else if byte == 0x22 {
          inString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): inString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth == 1 { continue }
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      if depth == 1, byte == UInt8(ascii: ":"), key == nil {
        key = String(decoding: piece.dropFirst().dropLast(), as: UTF8.self)
        piece = []
      } else if depth == 0 || (depth == 1 && byte == UInt8(ascii: ",")) {
        if let name = key { members[name] = String(decoding: piece, as: UTF8.self) }
        key = nil
        piece = []
      } else if !isSpace(byte) || depth > 1 {
        piece.append(byte)
      }
    }
  }

  /// A member's text; nil if it is not there or null.
  package subscript(key: String) -> String? { members[key].flatMap { $0 == "null" ? nil : $0 } }

  /// A string's characters, escapes as written; nil if it is not there or null.
  package func string(_ key: String) -> String? {
    self[key].map { String($0.dropFirst().dropLast()) }
  }

  package func integer(_ key: String) -> Int64? { self[key].flatMap { Int64($0) } }

  /// An object within; empty if it is not there.
  package func object(_ key: String) -> RawJSON { RawJSON(self[key] ?? "{}") }
}
