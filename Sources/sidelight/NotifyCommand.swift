import Config
import Daemon
import Support

/// `sidelight notify`: a test message to receivers.
enum NotifyCommand {
  /// The exit status: 1 if one of them did not take it.
  static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
    let configuration = try ConfigurationFile.load(try ConfigurationFile.path(arguments))
    let known = configuration.receivers.map(\.name)
    for name in arguments.operands where !known.contains(name) {
      let hint = Suggestion.hint(for: name, in: known)
      let list = known.isEmpty ? "none" : known.joined(separator: ", ")
      throw .usage(
        "no receiver is called \(name.quoted)\(hint.isEmpty ? " (configured: \(list))" : hint)")
    }
    var status: Int32 = 0
    for name in arguments.operands {
      do throws(AppError) {
        let answer = try ReceiverCheck.sendTest(
          to: name, of: configuration, now: WallClock.system.now())
        guard let answer else { continue }
        if !answer.isDelivered { status = 1 }
        print("\(name): \(answer.isDelivered ? "delivered" : "FAILED"), \(answer.text)")
      } catch {
        throw .failed("\(error)")
      }
    }
    return status
  }
}
