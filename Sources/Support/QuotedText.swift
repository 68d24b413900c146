extension String {
  /// The text in double quotes for a message: control and bidirectional characters, quotes and
  /// backslashes escaped, cut after 80 characters.
  package var quoted: String { quoted(limit: 80) }

  /// The same, cut after `limit` characters.
  package func quoted(limit: Int) -> String {
    var result = "\""
    for scalar in unicodeScalars.prefix(limit) {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.disturbsTerminals:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + (unicodeScalars.count > limit ? "…\"" : "\"")
  }

  /// The text with U+FFFD for what could move a terminal's cursor or turn the reading direction:
  /// names of files are anybody's.
  package var printable: String {
    String(UnicodeScalarView(unicodeScalars.map { $0.disturbsTerminals ? "\u{FFFD}" : $0 }))
  }
}

extension Unicode.Scalar {
  /// Whether it is a control, a line break or a format character, such as bidirectional ones.
  package var disturbsTerminals: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
