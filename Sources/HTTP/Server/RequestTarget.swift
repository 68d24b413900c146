/// The path and query of a request line, decoded once.
struct RequestTarget: Equatable {
  var path: String
  var query: HTTPQuery

  /// Why a target was refused.
  enum Failure: Error, Equatable {
    case tooLong(limit: Int)
    case notAPath
    case badEscape
    case notText
    /// Or a space that is not escaped.
    case controlCharacter
  }

  /// Splits and decodes `raw`, the text between method and version.
  init(_ raw: [UInt8]) throws(Failure) {
    guard raw.first == UInt8(ascii: "/") else { throw .notAPath }
    guard raw.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw .controlCharacter }
    let parts = raw.split(
      separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    path = try decode(parts[0], plusIsSpace: false)
    guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw .controlCharacter }
    query = parts.count == 2 ? try HTTPQuery(raw: parts[1]) : HTTPQuery()
  }
}

/// The parameters after the `?`, in the order they came.
package struct HTTPQuery: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  private var items: [Item] = []

  private struct Item: Sendable, Equatable {
    var name: String
    var value: String
  }

  /// Parameters as a test makes them up, decoded.
  package init(dictionaryLiteral elements: (String, String)...) {
    items = elements.map(Item.init)
  }

  /// Parameters in order, decoded.
  package init(_ items: [(name: String, value: String)]) {
    self.items = items.map { Item(name: $0.name, value: $0.value) }
  }

  /// Splits at `&` and `=` and decodes; a name without `=` has an empty value.
  init(raw: ArraySlice<UInt8>) throws(RequestTarget.Failure) {
    for part in raw.split(separator: UInt8(ascii: "&")) {
      let sides = part.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = try decode(sides[0], plusIsSpace: true)
      let value = sides.count == 2 ? try decode(sides[1], plusIsSpace: true) : ""
      guard !name.utf8.contains(0), !value.utf8.contains(0) else { throw .controlCharacter }
      items.append(Item(name: name, value: value))
    }
  }

  /// The first value under `name`.
  package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  /// Every value under `name`.
  package func all(_ name: String) -> [String] {
    items.filter { $0.name == name }.map(\.value)
  }

  /// The names given, each once, in order: what a handler checks for parameters it does not know.
  package var names: [String] {
    items.map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// Resolves percent escapes; throws on half an escape and on bytes that are not UTF-8.
private func decode(
  _ text: ArraySlice<UInt8>, plusIsSpace: Bool
) throws(RequestTarget.Failure) -> String {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count)
  var rest = text
  while let byte = rest.popFirst() {
    switch byte {
    case UInt8(ascii: "%"):
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { throw .badEscape }
      bytes.append(high << 4 | low)
    case UInt8(ascii: "+") where plusIsSpace:
      bytes.append(UInt8(ascii: " "))
    default:
      bytes.append(byte)
    }
  }
  guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .notText }
  return decoded
}

private func digit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
