import Config
import FoundationEssentials
import Glibc
import Ledger
import Support

/// `sidelight outbox`: what waits to be delivered, and what was given up.
enum OutboxCommand {
  static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
    let action = arguments.operands.first ?? "list"
    let numbers = try numbers(Array(arguments.operands.dropFirst()), of: action)
    let configuration = try ConfigurationFile.load(try ConfigurationFile.path(arguments))
    do throws(LedgerError) {
      let desk = try OutboxDesk(path: configuration.ledger.path)
      let now = WallClock.system.now()
      switch action {
      case "list":
        print(list(try desk.messages(), now: now), terminator: "")
        return 0
      case "retry":
        return try each(numbers, "is due now") { number throws(LedgerError) in
          try desk.retry(number, now: now)
        }
      default:
        return try each(numbers, "is dropped") { number throws(LedgerError) in
          try desk.drop(number)
        }
      }
    } catch {
      throw .failed("\(error)")
    }
  }

  private static func numbers(
    _ words: [String], of action: String
  ) throws(CommandFailure) -> [Int64] {
    let actions = ["list", "retry", "drop"]
    guard actions.contains(action) else {
      let hint = Suggestion.hint(for: action, in: actions)
      let known = hint.isEmpty ? ", expected list, retry ID or drop ID" : hint
      throw .usage("unknown action \(action.quoted)\(known)")
    }
    guard action != "list" || words.isEmpty else {
      throw .usage("unexpected argument \(words[0].quoted)")
    }
    guard action == "list" || !words.isEmpty else {
      throw .usage("ID is missing; 'sidelight outbox' lists them")
    }
    var numbers: [Int64] = []
    for word in words {
      guard let number = Int64(word) else {
        throw .usage("\(word.quoted) is no ID; 'sidelight outbox' lists them")
      }
      numbers.append(number)
    }
    return numbers
  }

  private static func each(
    _ numbers: [Int64], _ done: String, _ body: (Int64) throws(LedgerError) -> Bool
  ) throws(LedgerError) -> Int32 {
    var status: Int32 = 0
    for number in numbers {
      if try body(number) {
        print("message \(number) \(done)")
      } else {
        StandardError.print("sidelight: there is no message \(number)")
        status = 1
      }
    }
    return status
  }

  /// A table on a terminal, elsewhere fields with tabs between them.
  private static func list(_ rows: [OutboxRow], now: Timestamp) -> String {
    let terminal = Terminal(
      descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
    if rows.isEmpty {
      return terminal.isInteractive ? "Nothing waits and nothing was given up.\n" : ""
    }
    let fields =
      [["ID", "RECEIVER", "STATE", "AGE", "TRIES", "MESSAGE", "ANSWER"]]
      + rows.map { row in
        [
          "\(row.number)", row.receiver, state(row, now: now),
          Quantity.rounded(now - row.created), "\(row.attempts)", row.title.printable,
          row.answer.printable,
        ]
      }
    guard terminal.isInteractive else {
      return fields.map { $0.joined(separator: "\t") + "\n" }.joined()
    }
    let widths = fields[0].indices.map { column in fields.map { $0[column].count }.max() ?? 0 }
    return fields.map { line in
      let padded = zip(line, widths).map { field, width in
        field + String(repeating: " ", count: width - field.count)
      }
      var text = padded.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }.joined()
  }

  private static func state(_ row: OutboxRow, now: Timestamp) -> String {
    if row.givenUp != nil { return "given up" }
    return row.due <= now ? "due" : "due in \(Quantity.rounded(row.due - now))"
  }
}
