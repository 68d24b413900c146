/// The keys of the configuration file, from the same table that decodes them.
package enum ConfigurationReference {
  /// One key.
  package struct Row: Sendable, Equatable {
    /// Such as `ledger.url`, or `sources[].file` for a key of each entry of a list.
    package var path: String
    /// What its value is, such as `duration`.
    package var type: String
    /// The default as it would be written, or words for it.
    package var fallback: String
    /// One sentence.
    package var meaning: String
    /// Whether a reload leaves it as it was.
    package var needsRestart = false
  }

  /// All keys in the order of the file.
  package static let rows = Configuration.section.rows("")

  /// A table in Markdown.
  package static func markdown() -> String {
    let lines = rows.map { row in
      let restart = row.needsRestart ? " Needs a restart." : ""
      return [code(row.path), row.type, code(row.fallback), row.meaning + restart]
    }
    let table = [["key", "type", "default", "meaning"], ["---", "---", "---", "---"]] + lines
    return table.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
  }

  /// Words that already hold code or explain a default stay as they are.
  private static func code(_ text: String) -> String {
    text.contains("`") || plainDefaults.contains(text) ? text : "`\(text)`"
  }

  private static let plainDefaults = ["none", "the host name"]
}
