import Glibc
import Metrics
import Support

func fail(_ message: String, status: Int32) -> Never {
  for line in message.split(separator: "\n") {
    StandardError.print("sidelight: \(line)")
  }
  exit(status)
}

Memory.returnLargeBuffers()

do {
  switch try CommandLineSyntax.program.parse(Array(CommandLine.arguments.dropFirst())) {
  case .help(let text): print(text, terminator: "")
  case .version: print("sidelight \(Version.text)")
  case .run(let arguments):
    switch arguments.command {
    case "run": try RunCommand.run(arguments)
    case "check": exit(try CheckCommand.run(arguments))
    case "import": exit(try ImportCommand.run(arguments))
    case "report": try ReportCommand.run(arguments)
    case "budgets": try BudgetsCommand.run(arguments)
    case "notify": exit(try NotifyCommand.run(arguments))
    case "outbox": exit(try OutboxCommand.run(arguments))
    case "metrics":
      print(arguments.has("markdown") ? Catalogue.markdown() : Catalogue.text(), terminator: "")
    default: print("sidelight \(Version.text)")
    }
  }
} catch let error as UsageError {
  StandardError.print("\(error)")
  exit(2)
} catch let failure as CommandFailure {
  fail(failure.message, status: failure.status)
}
