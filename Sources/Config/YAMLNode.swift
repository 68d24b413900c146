/// A place in a YAML file, both numbers from 1; columns count characters.
package struct YAMLMark: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The line, from 1.
  package var line: Int
  /// The column in characters, from 1.
  package var column: Int

  package var description: String { "\(line):\(column)" }

  package static func < (left: YAMLMark, right: YAMLMark) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// One value of a YAML file with the place where it begins.
///
/// Scalars stay text: the key that a value is for decides its type, so `no`, `0x10` and `12:30` are
/// never turned into something else.
struct YAMLNode: Equatable {
  enum Content: Equatable {
    case scalar(String, quoted: Bool)
    case sequence([YAMLNode])
    case mapping([Entry])
    /// Refused while reading; the problem has been told already.
    case unusable
  }

  struct Entry: Equatable {
    let key: String
    let mark: YAMLMark
    let value: YAMLNode
  }

  let content: Content
  let mark: YAMLMark

  /// Whether it is one of YAML's ways to write nothing.
  var isNull: Bool {
    if case .scalar(let text, quoted: false) = content {
      ["", "~", "null", "Null", "NULL"].contains(text)
    } else {
      false
    }
  }
}

/// What is wrong at a place of the text.
struct YAMLProblem: Error, Equatable {
  let mark: YAMLMark
  let message: String
}
