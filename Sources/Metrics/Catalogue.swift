/// Every metric family of this release, in one place for the exposition, the docs and the tests.
package enum Catalogue {
  /// Families of one subject.
  package struct Section: Sendable {
    /// A heading.
    package let title: String
    package let descriptors: [Descriptor]
  }

  /// In the order of the exposition.
  package static let sections = [
    requests, attempts, health, latency, usage, proxy, attribution, budgets, notifications,
    sidelight, process,
  ]

  /// One for each `Family`, at the index of its raw value.
  package static let descriptors = sections.flatMap(\.descriptors)

  static let families = Dictionary(
    descriptors.map { ($0.name, $0.family) }, uniquingKeysWith: { first, _ in first })

  /// For the docs: a heading and a table for each section.
  package static func markdown() -> String {
    sections.map { section in
      let rows = section.descriptors.map { family in
        "| `\(family.name)` | \(family.kind.text) | \(labels(of: family, quote: "`"))"
          + " | \(family.help) |\n"
      }
      return "### \(section.title)\n\n| family | type | labels | meaning |\n|---|---|---|---|\n"
        + rows.joined()
    }.joined(separator: "\n")
  }

  /// For a terminal: each family with its labels and type, its meaning indented below.
  package static func text() -> String {
    sections.map { section in
      let entries = section.descriptors.map { family in
        let labels = family.labels.isEmpty ? "" : "{\(labels(of: family, quote: ""))}"
        return "\n\(family.name)\(labels) (\(family.kind.text))\n" + wrapped(family.help)
      }
      return "\(section.title.uppercased())\n" + entries.joined()
    }.joined(separator: "\n")
  }

  private static func labels(of family: Descriptor, quote: String) -> String {
    family.labels.map { quote + $0.text + quote }.joined(separator: ", ")
  }

  /// Lines of at most 80 columns, four of them indent.
  private static func wrapped(_ text: String) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= 76 {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { "    \($0)\n" }.joined()
  }
}
