import FoundationEssentials
package import HTTP
import Support

/// `telegram:` of a receiver.
package struct TelegramOptions: Sendable, Equatable {
  /// What @BotFather gave.
  package var botToken: String?
  /// A number, negative for a group, or the `@name` of a channel.
  package var chat = ""
  /// A topic of a forum.
  package var thread: Int64?
  /// The Bot API's server; nil is Telegram's own.
  package var api: ClientURL?

  package static let defaultAPI = "https://api.telegram.org"

  package init() {}
}

/// Sends plain text with entities through a bot: `sendMessage` of https://core.telegram.org/bots/api.
///
/// There is no markup that a name could break out of, and every name is `code`, in which Telegram
/// finds no mention, link, hashtag or command.
struct TelegramReceiver: Receiver {
  /// Of the text, in UTF-16 code units, which is never less than the characters that count.
  static let longestText = 4096

  private let options: TelegramOptions
  private let send: ClientURL
  private let ask: ClientURL

  init(_ options: TelegramOptions) throws(ClientError) {
    self.options = options
    let api: ClientURL
    if let own = options.api { api = own } else { api = try ClientURL(TelegramOptions.defaultAPI) }
    let token = options.botToken ?? ""
    send = try api.appending("/bot\(token)/sendMessage")
    ask = try api.appending("/bot\(token)/getMe")
  }

  func requests(for notification: Notification, at now: Timestamp) -> [ClientRequest] {
    let (text, entities) = Self.render(Message(notification))
    let body = JSONValue.object([
      "chat_id": Int64(options.chat).map(JSONValue.integer) ?? .text(options.chat),
      "message_thread_id": options.thread.map(JSONValue.integer),
      "text": .text(text), "entities": .list(entities),
      "link_preview_options": .object(["is_disabled": .flag(true)]),
    ])
    return [.post(body, to: send)]
  }

  static func render(_ message: Message) -> (text: String, entities: [JSONValue]) {
    var text = ""
    var length = 0
    var entities: [JSONValue] = []
    for line in message.lines {
      let size = line.reduce(1) { $0 + $1.text.utf16.count }
      guard length + size <= longestText else { break }
      if length > 0 {
        text += "\n"
        length += 1
      }
      for span in line {
        let count = span.text.utf16.count
        if let type = type(of: span) {
          entities.append(
            .object([
              "type": .text(type), "offset": .integer(Int64(length)),
              "length": .integer(Int64(count)),
            ]))
        }
        text += span.text
        length += count
      }
    }
    return (text, entities)
  }

  private static func type(of span: Message.Span) -> String? {
    switch span {
    case .plain: nil
    case .strong: "bold"
    case .name: "code"
    }
  }

  func explain(_ response: ClientResponse) -> String {
    let answer = Answer(response)
    let said = answer?.description.map { ": \($0.quoted(limit: 160))" } ?? ""
    let text = "status \(response.status)\(said)"
    let description = (answer?.description ?? "").lowercased()
    if let chat = answer?.parameters?.migrateToChat {
      return "\(text); the group has become a supergroup, its chat_id is \(chat) now"
    }
    switch response.status {
    case 200...299: return text
    case 401, 404: return "\(text); check the bot token, it may have been revoked"
    case 400 where description.contains("chat not found"):
      return "\(text); check chat_id, and that the bot is a member of the chat"
    case 400 where description.contains("thread"):
      return "\(text); check message_thread_id"
    case 403: return "\(text); the bot may not write there: add it to the chat, or unblock it"
    case 429: return "\(text); too many messages, it will be tried again"
    case 300...399: return "\(text), a redirect, which is never followed"
    default: return text
    }
  }

  func wait(in response: ClientResponse) -> TimeSpan? {
    Answer(response)?.parameters?.retryAfter.map { .seconds(min(max($0, 0), 86_400)) }
  }

  var probes: [ClientRequest] { [ClientRequest(ask, limits: probeLimits)] }
  var place: String { send.origin }

  /// What every method answers.
  private struct Answer: Decodable {
    var description: String?
    var parameters: Parameters?

    struct Parameters: Decodable {
      var retryAfter: Int64?
      var migrateToChat: Int64?

      enum CodingKeys: String, CodingKey {
        case retryAfter = "retry_after"
        case migrateToChat = "migrate_to_chat_id"
      }
    }

    init?(_ response: ClientResponse) {
      guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
        return nil
      }
      self = answer
    }
  }
}
