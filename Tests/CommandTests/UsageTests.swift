import Metrics
import TestSupport
import Testing

@Suite(.enabled(if: Command.isBuilt, "sidelight is not built; run swift build --build-tests"))
struct UsageTests {
  private let command = Command(scratch: Scratch())

  @Test func versionsAndHelpGoToStandardOutput() {
    let version = command.run("version")
    #expect(version.status == 0 && version.error.isEmpty)
    #expect(version.output.hasPrefix("sidelight 0."))
    #expect(command.run("--version") == version)

    let help = command.run("--help")
    #expect(help.status == 0 && help.error.isEmpty)
    for name in ["run", "check", "import", "report", "notify", "outbox", "metrics", "version"] {
      #expect(help.output.contains("\n  \(name)"))
      let own = command.run(name, "--help")
      #expect(own.status == 0 && own.output.hasPrefix("Usage: sidelight \(name) [OPTION]..."))
    }
    #expect(command.run("help") == help)
  }

  @Test func importHelp() {
    #expect(
      command.run("import", "--help").output == """
        Usage: sidelight import [OPTION]... FILE...

        Puts files of the past, plain, .gz or .zst, and those in directories, into
        the ledger for usage and reports; never into the counters. It can be
        interrupted and repeated: events within the dedup horizon count once, older
        days only where the ledger has none. Exits with 1 if a file cannot be read.

        Options:
          -c, --config=FILE  the configuration (default: sidelight.yaml,
                             else /etc/sidelight/sidelight.yaml)
              --force        also add to days that the ledger has already
              --dry-run      say what would be added, and add nothing
          -h, --help         print this help and exit

        """)
  }

  @Test(arguments: [
    (["imprt"], "sidelight: unknown command \"imprt\", did you mean \"import\"?", "sidelight"),
    (
      ["check", "--cofig=x"], "sidelight: unknown option \"--cofig\", did you mean --config?",
      "sidelight check"
    ),
    (["import"], "sidelight: FILE is missing", "sidelight import"),
    (
      ["import", "--force=yes", "x"], "sidelight: option --force takes no value",
      "sidelight import"
    ),
    ([], "sidelight: a command is missing", "sidelight"),
  ])
  func whatCannotBeUnderstoodHasStatusTwo(arguments: [String], message: String, help: String) {
    let result = command.start(arguments).wait()
    #expect(
      result
        == Command.Result(
          status: 2, output: "",
          error: "\(message)\nTry '\(help) --help' for more information.\n"))
  }

  @Test(arguments: ["run", "check", "import"])
  func aBadConfigurationHasStatusTwoAndSaysAll(name: String) {
    command.scratch.write(
      "listen: 127.0.0.1:99999\nsources: [{fil: x}]\n", to: "sidelight.yaml")
    let result = command.start([name] + (name == "import" ? ["x"] : [])).wait()
    #expect(
      result
        == Command.Result(
          status: 2, output: "",
          error: """
            sidelight: sidelight.yaml:1:9: listen: port 99999 is over 65535
            sidelight: sidelight.yaml:2:11: sources[0] names nothing to read, expected file, stdin: true or spend_logs
            sidelight: sidelight.yaml:2:12: unknown key "fil" in sources[0], did you mean "file"?

            """))
  }

  @Test func withoutAConfigurationItSaysWhereItLooked() {
    let result = command.run("check")
    #expect(result.status == 2)
    #expect(
      result.error == """
        sidelight: no configuration: neither sidelight.yaml nor /etc/sidelight/sidelight.yaml \
        exists; name one with --config FILE

        """)
  }

  @Test func theCatalogueIsPrinted() {
    #expect(command.run("metrics", "--markdown").output == Catalogue.markdown())
    #expect(command.run("metrics").output == Catalogue.text())
  }
}
