import Config
import Daemon
import FoundationEssentials
import Glibc
import Support

/// `sidelight import`: history into the ledger.
enum ImportCommand {
  /// The exit status: 1 if a file could not be read.
  static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
    let path = try ConfigurationFile.path(arguments)
    let configuration = try ConfigurationFile.load(path)
    var options = Importer.Options()
    options.force = arguments.has("force")
    options.isRehearsal = arguments.has("dry-run")
    let terminal = Terminal(
      descriptor: STDERR_FILENO, environment: ProcessInfo.processInfo.environment)
    var bar = ImportProgressBar(terminal: terminal, width: terminalWidth())
    let report: ImportReport
    do throws(AppError) {
      let importer = try Importer(configuration: configuration, options: options)
      report = try importer.run(paths: arguments.operands) { progress in
        if let text = bar.update(progress, at: WallClock.monotonic.now()) {
          StandardError.write(text)
        }
        return true
      }
    } catch {
      StandardError.write(bar.end())
      throw .failed("\(error)")
    }
    StandardError.write(bar.end())
    for problem in report.problems { StandardError.print("sidelight: \(problem.printable)") }
    print(report.text, terminator: "")
    return report.problems.isEmpty ? 0 : 1
  }

  private static func terminalWidth() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
