/// One option of a command.
package struct OptionSyntax: Sendable, Equatable {
  /// Without its dashes.
  package var long: String
  /// The letter behind a single dash.
  package var short: Character?
  /// What its value is called in the help, such as `FILE`; nil for a flag.
  package var value: String?
  /// A few words.
  package var help: String

  /// An option that takes a value if `value` names one.
  package init(_ long: String, short: Character? = nil, value: String? = nil, help: String) {
    self.long = long
    self.short = short
    self.value = value
    self.help = help
  }

  /// What every command understands.
  static let help = OptionSyntax("help", short: "h", help: "print this help and exit")
}

/// One command: its options, operands and what the help says of it.
package struct CommandSyntax: Sendable, Equatable {
  /// How many arguments follow that are no options.
  package enum Operands: Sendable, Equatable {
    case none
    /// At least one, called by this name in the help.
    case oneOrMore(String)
    /// Any number; the help shows this.
    case any(String)
  }

  package var name: String
  /// A few words for the list of commands.
  package var summary: String
  /// Paragraphs for the command's own help, already broken into lines.
  package var details: String
  package var operands: Operands
  package var options: [OptionSyntax]

  /// A command that also understands `--help`.
  package init(
    _ name: String, summary: String, details: String, operands: Operands = .none,
    options: [OptionSyntax] = []
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.operands = operands
    self.options = options
  }
}

/// A program and its commands.
package struct ProgramSyntax: Sendable, Equatable {
  package var name: String
  /// One sentence for the top of the help.
  package var summary: String
  package var commands: [CommandSyntax]
  /// Paragraphs for the end of the help, already broken into lines.
  package var notes: String

  /// A program; what it does without a command is to print its help.
  package init(name: String, summary: String, commands: [CommandSyntax], notes: String) {
    self.name = name
    self.summary = summary
    self.commands = commands
    self.notes = notes
  }
}
