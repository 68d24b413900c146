package import HTTP
package import Support

/// A service that notifications are sent to: how to ask it, and what its answers mean.
package protocol Receiver: Sendable {
  /// What to send, to one address or to several that do the same; one that accepts it is enough.
  func requests(for notification: Notification, at now: Timestamp) -> [ClientRequest]
  /// An answer in plain words, with what to do about it where that is known.
  func explain(_ response: ClientResponse) -> String
  /// How long it asks to wait, by other means than `Retry-After`.
  func wait(in response: ClientResponse) -> TimeSpan?
  /// What shows whether it can be reached, without a message to anybody.
  var probes: [ClientRequest] { get }
  /// Whether an answer to a probe shows that messages will get through, as far as a probe can tell.
  func isFine(_ response: ClientResponse) -> Bool
  /// Where it is, without a secret.
  var place: String { get }
}

extension Receiver {
  package func explain(_ response: ClientResponse) -> String { "status \(response.status)" }
  package func wait(in response: ClientResponse) -> TimeSpan? { nil }
  package func isFine(_ response: ClientResponse) -> Bool {
    (200...299).contains(response.status)
  }
}

/// One entry of `receivers:` in the configuration.
package struct ReceiverOptions: Sendable, Equatable {
  /// What budgets name it by.
  package var name = ""
  /// What it is told besides the budgets that name it: provider events.
  package var events: [Notification.Kind] = []
  package var webhook: WebhookOptions?
  package var telegram: TelegramOptions?
  package var slack: SlackOptions?
  package var alertmanager: AlertmanagerOptions?

  /// A receiver that is not anything yet.
  package init() {}

  /// The service that is configured, the first if there are several; nil if there is none.
  package func makeReceiver() throws(ClientError) -> (any Receiver)? {
    if let webhook { return WebhookReceiver(webhook) }
    if let telegram { return try TelegramReceiver(telegram) }
    if let slack { return SlackReceiver(slack) }
    if let alertmanager { return try AlertmanagerReceiver(alertmanager) }
    return nil
  }
}

/// Bounds of one attempt: between the 15 and 30 s that Standard Webhooks recommends for the whole.
let attemptLimits: ClientLimits = {
  var limits = ClientLimits(total: .seconds(15))
  limits.body = 64 << 10
  limits.headerBytes = 16 << 10
  return limits
}()

extension ClientRequest {
  /// A POST of JSON.
  static func post(_ json: JSONValue, to url: ClientURL) -> ClientRequest {
    post(json.bytes, to: url)
  }

  static func post(_ body: [UInt8], to url: ClientURL) -> ClientRequest {
    ClientRequest(
      url, method: .post, headers: ["Content-Type": "application/json"], body: body,
      limits: attemptLimits)
  }

  /// Asks what may be asked at `url`, which does nothing there: any answer but a redirect will do.
  static func touch(_ url: ClientURL) -> ClientRequest {
    ClientRequest(url, method: .options, limits: probeLimits)
  }
}

/// Of a question to which somebody waits for the answer.
let probeLimits = ClientLimits(total: .seconds(5))

extension ClientResponse {
  /// The body for a message: its beginning, on one line.
  var excerpt: String {
    let text = String(decoding: body.prefix(400), as: UTF8.self)
    let words = text.split { $0.isWhitespace }.joined(separator: " ")
    return String(words.prefix(160)).printable
  }
}
