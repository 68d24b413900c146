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
      guard let answer = try test(name, of: configuration) else { continue }
      if !answer.isDelivered { status = 1 }
      print("\(name): \(answer.isDelivered ? "delivered" : "FAILED"), \(answer.text)")
    }
    return status
  }

  private static func test(
    _ name: String, of configuration: Configuration
  ) throws(CommandFailure) -> ReceiverCheck.Answer? {
    let now = WallClock.system.now()
    let result = waitFor { () async -> Result<ReceiverCheck.Answer?, AppError> in
      do throws(AppError) {
        return .success(
          try await ReceiverCheck.sendTest(to: name, of: configuration, now: now))
      } catch {
        return .failure(error)
      }
    }
    do throws(AppError) { return try result?.get() ?? nil } catch { throw .failed("\(error)") }
  }
}
