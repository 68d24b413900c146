extension ProgramSyntax {
  /// What `--help` prints: the usage, every command and the notes.
  package var help: String {
    let rows = commands.map { (left: $0.usage, right: $0.summary) }
    return """
      \(summary)

      Usage: \(name) COMMAND [OPTION]...

      Commands:
      \(HelpText.columns(rows))
      Options:
      \(HelpText.columns([
        (left: "-h, --help", right: "print this help and exit"),
        (left: "    --version", right: "print the version and exit"),
      ]))
      \(notes)

      """
  }

  /// What `COMMAND --help` prints.
  package func help(for command: CommandSyntax) -> String {
    let options = (command.options + [.help]).map { (left: $0.usage, right: $0.help) }
    let operands = command.operandUsage.map { " \($0)" } ?? ""
    return """
      Usage: \(name) \(command.name) [OPTION]...\(operands)

      \(command.details)

      Options:
      \(HelpText.columns(options))
      """
  }
}

extension CommandSyntax {
  fileprivate var usage: String { operandUsage.map { "\(name) \($0)" } ?? name }

  fileprivate var operandUsage: String? {
    switch operands {
    case .none: nil
    case .oneOrMore(let name): "\(name)..."
    case .any(let usage): usage
    }
  }
}

extension OptionSyntax {
  fileprivate var usage: String {
    let letter = short.map { "-\($0), " } ?? "    "
    return "\(letter)--\(long)\(value.map { "=\($0)" } ?? "")"
  }
}

private enum HelpText {
  /// Indented by two, the second column aligned on each of its lines.
  static func columns(_ rows: [(left: String, right: String)]) -> String {
    let width = rows.map(\.left.count).max() ?? 0
    let indent = "\n" + String(repeating: " ", count: width + 4)
    return rows.map { row in
      let gap = String(repeating: " ", count: width - row.left.count + 2)
      let right = row.right.split(separator: "\n").joined(separator: indent)
      return "  \(row.left)\(gap)\(right)\n"
    }.joined()
  }
}
