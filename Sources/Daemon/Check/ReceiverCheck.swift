package import Config
import HTTP
import Notify
package import Support

/// Receivers, asked and told while somebody waits.
package enum ReceiverCheck {
  /// What came of a test message.
  package struct Answer: Sendable, Equatable {
    package var isDelivered: Bool
    /// For people, on one line.
    package var text: String
  }

  /// Sends a test message to the receiver of that name; nil if there is none.
  package static func sendTest(
    to name: String, of configuration: Configuration, now: Timestamp
  ) async throws(AppError) -> Answer? {
    guard let options = configuration.receivers.first(where: { $0.name == name }) else {
      return nil
    }
    guard let receiver = try makeReceiver(options), let client = HTTPClient() else {
      throw .noResources
    }
    defer { client.stop() }
    let notification = Notification(
      id: Notification.stableID(["test", name, "\(now.microseconds)"]), time: now,
      instance: configuration.instance, content: .test)
    let answer = await Delivery(client: client).attempt(notification, to: receiver, now: now)
    return Answer(isDelivered: answer.verdict == .delivered, text: answer.text)
  }

  /// Whether each receiver can be reached, as far as that shows without a message to anybody.
  static func findings(_ receivers: [ReceiverOptions]) async -> [Finding] {
    guard !receivers.isEmpty, let client = HTTPClient() else { return [] }
    defer { client.stop() }
    let delivery = Delivery(client: client)
    return await withTaskGroup(of: (Int, [Finding]).self) { group in
      for (place, options) in receivers.enumerated() {
        group.addTask { (place, await findings(options, delivery)) }
      }
      var found = [[Finding]](repeating: [], count: receivers.count)
      for await (place, findings) in group { found[place] = findings }
      return found.flatMap(\.self)
    }
  }

  private static func findings(
    _ options: ReceiverOptions, _ delivery: Delivery
  ) async -> [Finding] {
    let subject = "receiver \(options.name)"
    do throws(AppError) {
      guard let receiver = try makeReceiver(options) else { return [] }
      return await delivery.probe(receiver).map { found in
        Finding(found.isFine ? .ok : .failed, subject, found.text)
      }
    } catch {
      return [Finding(.failed, subject, "\(error)")]
    }
  }

  private static func makeReceiver(
    _ options: ReceiverOptions
  ) throws(AppError) -> (any Receiver)? {
    try AppError.of { () throws(ClientError) in try options.makeReceiver() }
  }
}
