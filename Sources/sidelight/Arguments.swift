import Support

/// The commands and options of `sidelight`.
enum CommandLineSyntax {
  static let program = ProgramSyntax(
    name: "sidelight",
    summary: "Sidelight turns the logs of a LiteLLM proxy into Prometheus metrics.",
    commands: [run, check, importFiles, report, budgets, notify, outbox, metrics, version],
    notes: """
      'sidelight COMMAND --help' tells more about a command.
      Exit status: 0 if all went well, 1 if not, 2 if the command line or the
      configuration cannot be understood. NO_COLOR switches colours off.
      """)

  private static let config = OptionSyntax(
    "config", short: "c", value: "FILE",
    help: "the configuration (default: sidelight.yaml,\nelse /etc/sidelight/sidelight.yaml)")

  private static let run = CommandSyntax(
    "run", summary: "read the sources and serve the metrics",
    details: """
      Reads the sources of the configuration, keeps the ledger and serves the
      metrics until SIGTERM or SIGINT. SIGHUP applies a changed configuration.
      """,
    options: [config])

  private static let check = CommandSyntax(
    "check", summary: "check the configuration and what it names",
    details: """
      Checks the configuration, that its sources can be read and its ledger
      written, and says what each is. Exits with 2 if the configuration is wrong.
      """,
    options: [config])

  private static let importFiles = CommandSyntax(
    "import", summary: "put files of the past into the ledger",
    details: """
      Puts files of the past, plain, .gz or .zst, and those in directories, into
      the ledger for usage and reports; never into the counters. It can be
      interrupted and repeated: events within the dedup horizon count once, older
      days only where the ledger has none. Exits with 1 if a file cannot be read.
      """,
    operands: .oneOrMore("FILE"),
    options: [
      config,
      OptionSyntax("force", help: "also add to days that the ledger has already"),
      OptionSyntax("dry-run", help: "say what would be added, and add nothing"),
    ])

  private static let report = CommandSyntax(
    "report", summary: "show what was spent, by time and labels",
    details: """
      Shows spend, requests, errors, tokens and latency from the ledger, with or
      without a daemon beside it: as a table on a terminal, elsewhere exact numbers
      separated by tabs. Labels: provider, model, route, power_level, key, team,
      status and those of labels.extra; user, end_user or tag, with status at most;
      deployment, served_route, reason, of the last days.
      """,
    options: [
      config,
      OptionSyntax(
        "since", short: "s", value: "TIME",
        help: "from here on: 24h, now/d (today's midnight), 2026-11-01,\nRFC 3339 (default: 7d)"),
      OptionSyntax("until", short: "u", value: "TIME", help: "up to here (default: now)"),
      OptionSyntax("by", short: "b", value: "LABELS", help: "a row for each value: model,key"),
      OptionSyntax(
        "where", short: "w", value: "LABEL=VALUE",
        help: "only these; repeated for one label: any of them"),
      OptionSyntax("step", value: "STEP", help: "a row for each 15m … 12h, 1d, 1w or 1mo"),
      OptionSyntax("timezone", short: "z", value: "ZONE", help: "of days and dates (default: UTC)"),
      OptionSyntax(
        "sort", value: "COLUMN",
        help: "cost (default), requests, errors, tokens, latency,\nstart or a label"),
      OptionSyntax("limit", short: "n", value: "ROWS", help: "rows of the table (default: 40)"),
      OptionSyntax(
        "source", value: "SOURCE", help: "rollups, or requests for single ones where both know"),
      OptionSyntax("format", short: "f", value: "FORMAT", help: "table, csv or json"),
    ])

  private static let budgets = CommandSyntax(
    "budgets", summary: "show what is spent of each budget",
    details: """
      Shows what is spent of each budget, from the ledger, with or without a daemon
      beside it: as bars on a terminal, elsewhere a line for each scope with fields
      separated by tabs.
      """,
    options: [
      config,
      OptionSyntax(
        "all", help: "on a terminal: every key, team … of a budget, not only\nthe 10 most used"),
    ])

  private static let notify = CommandSyntax(
    "notify", summary: "send a test message",
    details: """
      Sends a test message to each receiver and says what it answered. Exits with 1
      if one of them did not take it.
      """,
    operands: .oneOrMore("RECEIVER"),
    options: [config])

  private static let outbox = CommandSyntax(
    "outbox", summary: "list, retry or drop notifications",
    details: """
      Lists the notifications that wait and those that were given up. 'retry' makes
      messages due now, 'drop' forgets them; a running sidelight sees it within a
      second, and without one it counts from the next start.
      """,
    operands: .any("[list | retry ID... | drop ID...]"),
    options: [config])

  private static let metrics = CommandSyntax(
    "metrics", summary: "list every metric family",
    details: "Lists every metric family with its type, labels and meaning.",
    options: [OptionSyntax("markdown", help: "print a table in Markdown")])

  private static let version = CommandSyntax(
    "version", summary: "print the version",
    details: "Prints the version of Sidelight.")
}
