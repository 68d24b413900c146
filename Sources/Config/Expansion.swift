import Support

/// `${NAME}` and `${NAME:-default}` in a value; `$$` is a dollar, any other `$` stands for itself.
struct Expansion {
  /// More bytes than this in one value are refused.
  static let maximumBytes = 1 << 16

  let environment: [String: String]

  /// The text with every variable replaced once: what a variable holds is not expanded again.
  func expand(_ text: String) throws(Complaint) -> String {
    var result = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...].dropFirst()
      switch rest.first {
      case "$":
        result += "$"
        rest = rest.dropFirst()
      case "{":
        result += try variable(&rest)
      default:
        result += "$"
      }
      guard result.utf8.count <= Self.maximumBytes else {
        throw Complaint("is longer than \(Quantity.text(bytes: Int64(Self.maximumBytes)))")
      }
    }
    return result + rest
  }

  /// Takes `{NAME}` or `{NAME:-default}` off the front of `rest`.
  private func variable(_ rest: inout Substring) throws(Complaint) -> String {
    guard let end = rest.firstIndex(of: "}") else {
      throw Complaint("\"${\" without \"}\", write \"$${\" for the characters themselves")
    }
    let body = rest[..<end].dropFirst()
    rest = rest[end...].dropFirst()
    let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    let tail = body.dropFirst(name.count)
    guard !name.isEmpty, tail.isEmpty || tail.hasPrefix(":-") else {
      // What is there is not repeated: it may be part of a secret.
      throw Complaint(
        "\"${\" without a variable's name, write \"${NAME}\" or \"${NAME:-default}\"")
    }
    let value = environment[String(name)]
    // As in a shell, ":-" also replaces a variable that is empty.
    if tail.isEmpty {
      guard let value else {
        throw Complaint(
          "the environment variable \(name) is not set and has no default (\"${\(name):-default}\")"
        )
      }
      return value
    }
    return value.flatMap { $0.isEmpty ? nil : $0 } ?? String(tail.dropFirst(2))
  }
}
