/// What a command was called with.
package struct Arguments: Sendable, Equatable {
  /// The command's name.
  package var command: String
  /// All that is no option, in order.
  package var operands: [String] = []
  /// The values of each option by its long name, in order; a flag has an empty one.
  fileprivate var given: [String: [String]] = [:]

  fileprivate init(command: String) { self.command = command }

  /// Whether the flag or option is there.
  package func has(_ option: String) -> Bool { given[option] != nil }

  /// The option's value, the last if it was given more than once.
  package func value(_ option: String) -> String? { given[option]?.last }

  /// All values of the option, in order.
  package func values(_ option: String) -> [String] { given[option] ?? [] }
}

/// What a command line asks for.
package enum Invocation: Sendable, Equatable {
  case run(Arguments)
  /// Print this text to standard output and exit with 0.
  case help(String)
  /// `--version`.
  case version
}

/// A command line that cannot be understood: for standard error, with exit status 2.
package struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The program's and perhaps the command's name, what is wrong, and where to find help.
  package let description: String

  init(_ message: String, program: String, command: String? = nil) {
    let helped = command.map { "\(program) \($0)" } ?? program
    description = "\(program): \(message)\nTry '\(helped) --help' for more information."
  }
}

extension ProgramSyntax {
  /// Reads `arguments` (without the program's own name) by the GNU conventions: `--option=value`,
  /// `--option value`, `-ovalue`, `-o value`, `-ab` for two flags, options among operands, `--`.
  package func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
    guard let first = arguments.first else {
      throw UsageError("a command is missing", program: name)
    }
    switch first {
    case "-h", "--help": return .help(help)
    case "--version": return .version
    case "help" where arguments.count == 1: return .help(help)
    case "help": return .help(help(for: try command(named: arguments[1])))
    case _ where first.hasPrefix("-") && first.count > 1:
      let hint = Suggestion.nearest(to: first, in: ["--help", "--version"])
      let place = hint.map { ", did you mean \($0)?" } ?? " before the command"
      throw UsageError("unknown option \(first.quoted)\(place)", program: name)
    default:
      var parser = ArgumentParser(
        program: name, syntax: try command(named: first), rest: arguments.dropFirst())
      return try parser.parse().map(Invocation.run) ?? .help(help(for: parser.syntax))
    }
  }

  private func command(named word: String) throws(UsageError) -> CommandSyntax {
    if let command = commands.first(where: { $0.name == word }) { return command }
    let hint = Suggestion.hint(for: word, in: commands.map(\.name))
    throw UsageError("unknown command \(word.quoted)\(hint)", program: name)
  }
}

private struct ArgumentParser {
  let program: String
  let syntax: CommandSyntax
  private var rest: ArraySlice<String>
  private var result: Arguments

  init(program: String, syntax: CommandSyntax, rest: ArraySlice<String>) {
    self.program = program
    self.syntax = syntax
    self.rest = rest
    result = Arguments(command: syntax.name)
  }

  /// Nil if help was asked for.
  mutating func parse() throws(UsageError) -> Arguments? {
    while let argument = rest.popFirst() {
      if argument == "--" {
        result.operands += rest
        break
      } else if argument.hasPrefix("--") {
        try long(argument.dropFirst(2))
      } else if argument.hasPrefix("-"), argument != "-" {
        try letters(argument.dropFirst())
      } else {
        result.operands.append(argument)
      }
      if result.has(OptionSyntax.help.long) { return nil }
    }
    try checkOperands()
    return result
  }

  private mutating func long(_ text: Substring) throws(UsageError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let options = syntax.options + [.help]
    guard let option = options.first(where: { $0.long == name }) else {
      let meant = Suggestion.nearest(to: name, in: options.map(\.long))
      let hint = meant.map { ", did you mean --\($0)?" } ?? ""
      throw error("unknown option \("--\(name)".quoted)\(hint)")
    }
    if option.value != nil {
      try take(option, parts.count == 2 ? parts[1] : nil)
    } else if parts.count == 2 {
      throw error("option --\(name) takes no value")
    } else {
      result.given[name, default: []].append("")
    }
  }

  private mutating func letters(_ text: Substring) throws(UsageError) {
    var text = text
    while let letter = text.popFirst() {
      guard let option = (syntax.options + [.help]).first(where: { $0.short == letter }) else {
        throw error("unknown option \("-\(letter)".quoted)")
      }
      if option.value != nil {
        try take(option, text.isEmpty ? nil : text)
        return
      }
      result.given[option.long, default: []].append("")
    }
  }

  /// The value that is attached, else the next argument, whatever it looks like.
  private mutating func take(
    _ option: OptionSyntax, _ attached: Substring?
  ) throws(UsageError) {
    guard let value = attached.map(String.init) ?? rest.popFirst(), !value.isEmpty else {
      throw error("option --\(option.long) needs a value (--\(option.long)=\(option.value ?? ""))")
    }
    result.given[option.long, default: []].append(value)
  }

  private func checkOperands() throws(UsageError) {
    switch syntax.operands {
    case .none:
      if let extra = result.operands.first { throw error("unexpected argument \(extra.quoted)") }
    case .any: break
    case .oneOrMore(let name):
      if result.operands.isEmpty { throw error("\(name) is missing") }
      if result.operands.contains("") { throw error("\(name) is empty") }
    }
  }

  private func error(_ message: String) -> UsageError {
    UsageError(message, program: program, command: syntax.name)
  }
}
