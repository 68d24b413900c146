import Support
import Testing

@Suite struct ArgumentsTests {
  static let program = ProgramSyntax(
    name: "tool", summary: "Tool does things.",
    commands: [
      CommandSyntax(
        "run", summary: "run it", details: "Runs it.",
        options: [
          OptionSyntax("config", short: "c", value: "FILE", help: "what to read\nor not"),
          OptionSyntax("quiet", short: "q", help: "say nothing"),
        ]),
      CommandSyntax(
        "import", summary: "take files in", details: "Takes files in.",
        operands: .oneOrMore("FILE"),
        options: [OptionSyntax("force", help: "in any case")]),
    ],
    notes: "That is all.")

  /// The command, `name=value` of each option of the table above, the operands.
  private func read(_ words: String...) throws -> [String] {
    guard case .run(let arguments) = try Self.program.parse(words) else { return ["no run"] }
    let options = ["config", "quiet", "force"].compactMap { name in
      arguments.value(name).map { "\(name)=\($0)" }
    }
    return [arguments.command] + options + arguments.operands
  }

  @Test func options() throws {
    #expect(try read("run") == ["run"])
    #expect(try read("run", "--config=a=b") == ["run", "config=a=b"])
    #expect(try read("run", "--config", "a") == ["run", "config=a"])
    #expect(try read("run", "--config", "--quiet") == ["run", "config=--quiet"])
    #expect(try read("run", "-c", "a", "-q") == ["run", "config=a", "quiet="])
    #expect(try read("run", "-ca") == ["run", "config=a"])
    #expect(try read("run", "-qca") == ["run", "config=a", "quiet="])
    #expect(try read("run", "-qc", "-") == ["run", "config=-", "quiet="])
    #expect(try read("run", "-ca", "--config", "b") == ["run", "config=b"])
  }

  @Test func operands() throws {
    #expect(try read("import", "a", "--force", "b") == ["import", "force=", "a", "b"])
    #expect(try read("import", "--", "--force", "-x") == ["import", "--force", "-x"])
    #expect(try read("import", "-") == ["import", "-"])
  }

  @Test func flagsAndValues() throws {
    guard case .run(let arguments) = try Self.program.parse(["run", "-q"]) else {
      Issue.record("no run")
      return
    }
    #expect(arguments.has("quiet"))
    #expect(!arguments.has("config"))
    #expect(arguments.value("config") == nil)
  }

  @Test(arguments: [
    ("", "a command is missing", ""),
    ("rum", #"unknown command "rum", did you mean "run"?"#, ""),
    ("--hlep", #"unknown option "--hlep", did you mean --help?"#, ""),
    ("-c a run", #"unknown option "-c" before the command"#, ""),
    ("help rum", #"unknown command "rum", did you mean "run"?"#, ""),
    ("run --confg=x", #"unknown option "--confg", did you mean --config?"#, " run"),
    ("run --elsewhere", #"unknown option "--elsewhere""#, " run"),
    ("run -x", #"unknown option "-x""#, " run"),
    ("run -qx", #"unknown option "-x""#, " run"),
    ("run --config", "option --config needs a value (--config=FILE)", " run"),
    ("run --config=", "option --config needs a value (--config=FILE)", " run"),
    ("run -c", "option --config needs a value (--config=FILE)", " run"),
    ("run --quiet=1", "option --quiet takes no value", " run"),
    ("run now", #"unexpected argument "now""#, " run"),
    ("import", "FILE is missing", " import"),
    ("import --", "FILE is missing", " import"),
  ])
  func mistakes(_ line: String, _ told: String, _ command: String) {
    let words = line.split(separator: " ").map(String.init)
    let error = #expect(throws: UsageError.self) { try Self.program.parse(words) }
    let wanted = "tool: \(told)\nTry 'tool\(command) --help' for more information."
    #expect(error?.description == wanted)
  }

  @Test func emptyOperands() {
    let error = #expect(throws: UsageError.self) { try Self.program.parse(["import", ""]) }
    #expect(error?.description.hasPrefix("tool: FILE is empty\n") == true)
  }

  @Test(arguments: [["--help"], ["-h"], ["help"]])
  func programHelp(_ words: [String]) throws {
    let wanted = """
      Tool does things.

      Usage: tool COMMAND [OPTION]...

      Commands:
        run             run it
        import FILE...  take files in

      Options:
        -h, --help     print this help and exit
            --version  print the version and exit

      That is all.

      """
    #expect(try Self.program.parse(words) == .help(wanted))
  }

  @Test(arguments: [["run", "--help"], ["run", "-qh"], ["run", "x", "--help"], ["help", "run"]])
  func commandHelp(_ words: [String]) throws {
    let wanted = """
      Usage: tool run [OPTION]...

      Runs it.

      Options:
        -c, --config=FILE  what to read
                           or not
        -q, --quiet        say nothing
        -h, --help         print this help and exit

      """
    #expect(try Self.program.parse(words) == .help(wanted))
  }

  @Test func operandsInHelp() throws {
    guard case .help(let text) = try Self.program.parse(["import", "--help"]) else {
      Issue.record("no help")
      return
    }
    #expect(text.hasPrefix("Usage: tool import [OPTION]... FILE...\n\nTakes files in.\n"))
  }

  @Test func version() throws {
    #expect(try Self.program.parse(["--version"]) == .version)
  }
}

@Suite struct TerminalTests {
  @Test(arguments: [
    (true, ["TERM": "xterm"], true), (true, ["TERM": "xterm", "NO_COLOR": ""], true),
    (true, ["TERM": "xterm", "NO_COLOR": "0"], false), (true, ["TERM": "dumb"], false),
    (true, [:], false), (false, ["TERM": "xterm"], false),
  ])
  func color(_ isTerminal: Bool, _ environment: [String: String], _ color: Bool) {
    let terminal = Terminal(isTerminal: isTerminal, environment: environment)
    #expect(terminal.isInteractive == isTerminal)
    #expect(terminal.hasColor == color)
  }

  @Test func aPipeIsNone() {
    #expect(!Terminal(descriptor: -1, environment: ["TERM": "xterm"]).isInteractive)
  }
}
