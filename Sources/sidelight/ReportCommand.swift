import Daemon
import FoundationEssentials
import Glibc
import Support

/// `sidelight report`: what was spent, by time and labels.
enum ReportCommand {
  private static let formats = ["table", "csv", "json"]

  static func run(_ arguments: Arguments) throws(CommandFailure) {
    let configuration = try ConfigurationFile.load(ConfigurationFile.path(arguments))
    let parameters = try parameters(arguments)
    let now = WallClock.system.now()
    let terminal = Terminal(
      descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
    let most = try count(arguments)
    do throws(UsageView.Failure) {
      switch try format(arguments) {
      case "csv":
        try UsageView.writeCSV(configuration, parameters, now: now) {
          print(String(decoding: $0, as: UTF8.self), terminator: "")
        }
      case "json":
        print(try UsageView(configuration, parameters, now: now).json)
      case let format:
        let view = try UsageView(configuration, parameters, now: now)
        let isPlain = format == nil && !terminal.isInteractive
        let table = ReportTable(view: view, terminal: terminal, most: most)
        for line in isPlain ? ReportLines.lines(view) : table.lines { print(line) }
      }
    } catch {
      throw failure(error)
    }
  }

  private static func format(_ arguments: Arguments) throws(UsageView.Failure) -> String? {
    guard let format = arguments.value("format") else { return nil }
    guard formats.contains(format) else {
      let hint = Suggestion.hint(for: format, in: formats)
      let list = hint.isEmpty ? ", expected \(formats.joined(separator: ", "))" : hint
      throw .mistake("unknown format \(format.quoted)\(list)")
    }
    return format
  }

  private static func count(_ arguments: Arguments) throws(CommandFailure) -> Int? {
    guard let text = arguments.value("limit") else { return nil }
    guard let count = Int(text), count > 0 else {
      throw .usage("--limit: expected a number from 1 on, got \(text.quoted)")
    }
    return count
  }

  /// The API's, under the names that suit a command line.
  private static let names: KeyValuePairs = [
    "since": "from", "until": "to", "by": "by", "step": "step", "timezone": "tz", "sort": "sort",
    "source": "source",
  ]

  private static func parameters(
    _ arguments: Arguments
  ) throws(CommandFailure) -> [(name: String, value: String)] {
    var parameters: [(name: String, value: String)] = []
    for (option, name) in names {
      for value in arguments.values(option) { parameters.append((name, value)) }
    }
    if !arguments.has("since") { parameters.append(("from", "7d")) }
    for filter in arguments.values("where") {
      let sides = filter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty,
        !names.contains(where: { $0.value == sides[0] })
      else {
        throw .usage("--where: expected LABEL=VALUE such as provider=openai, got \(filter.quoted)")
      }
      parameters.append((String(sides[0]), String(sides[1])))
    }
    return parameters
  }

  /// Names options, not parameters.
  private static func failure(_ failure: UsageView.Failure) -> CommandFailure {
    switch failure {
    case .failed(let message): return .failed(message)
    case .mistake(let message):
      for (option, name) in names where message.hasPrefix("\(name): ") {
        return .usage("--\(option)\(message.dropFirst(name.count))")
      }
      return .usage(message)
    }
  }
}
