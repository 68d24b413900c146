import Config
import Daemon
import FoundationEssentials
import Glibc
import Support

/// `sidelight check`: a line for each thing that the configuration names.
enum CheckCommand {
  /// The exit status: 1 if anything failed.
  static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
    let path = try ConfigurationFile.path(arguments)
    let configuration = try ConfigurationFile.load(path)
    let terminal = Terminal(
      descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
    let now = WallClock.system.now()
    let findings = waitFor { await Checker.findings(configuration, now: now) } ?? []
    print(line(.ok, "configuration", path, terminal))
    for finding in findings {
      print(line(finding.verdict, finding.subject, finding.text, terminal))
    }
    return findings.contains { $0.verdict == .failed } ? 1 : 0
  }

  private static func line(
    _ verdict: Finding.Verdict, _ subject: String, _ text: String, _ terminal: Terminal
  ) -> String {
    let word = verdict.rawValue + String(repeating: " ", count: 8 - verdict.rawValue.count)
    let colour =
      switch verdict {
      case .ok: "32"
      case .warning: "33"
      case .failed: "31"
      }
    let shown = terminal.hasColor ? "\u{1B}[\(colour)m\(word)\u{1B}[0m" : word
    let safe = "\(subject): \(text)".unicodeScalars.map { $0.disturbsTerminals ? "?" : String($0) }
    return shown + safe.joined()
  }
}
