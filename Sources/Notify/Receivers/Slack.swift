package import HTTP
import Support

/// `slack:` of a receiver.
package struct SlackOptions: Sendable, Equatable {
  /// An incoming webhook's address, which is a secret.
  package var url: ClientURL?

  package init() {}
}

/// Posts to an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
///
/// `&`, `<` and `>` are escaped, so that no name can mention anybody; `verbatim` keeps Slack from
/// looking for links, channels and people in what is left, and names are code, in which nothing is
/// bold or an emoji.
struct SlackReceiver: Receiver {
  /// Of a text object.
  static let longestText = 3000

  private let url: ClientURL?

  init(_ options: SlackOptions) { url = options.url }

  func requests(for notification: Notification, at now: Timestamp) -> [ClientRequest] {
    guard let url else { return [] }
    let message = Message(notification)
    let body = JSONValue.object([
      // What a device shows at once; the blocks are what is read.
      "text": .text(Self.escaped(message.title)),
      "unfurl_links": .flag(false), "unfurl_media": .flag(false),
      "blocks": .list([
        .object([
          "type": .text("section"),
          "text": .object([
            "type": .text("mrkdwn"), "text": .text(Self.render(message)),
            "verbatim": .flag(true),
          ]),
        ])
      ]),
    ])
    return [.post(body, to: url)]
  }

  static func render(_ message: Message) -> String {
    var text = ""
    for line in message.lines {
      let rendered = line.map(render).joined()
      guard text.unicodeScalars.count + rendered.unicodeScalars.count < longestText else { break }
      text += text.isEmpty ? rendered : "\n\(rendered)"
    }
    return text
  }

  private static func render(_ span: Message.Span) -> String {
    switch span {
    case .plain(let text): return escaped(text)
    case .strong(let text):
      // Asterisks only work between a space and a word.
      let inner = text.drop { $0 == " " }
      let end = inner.reversed().prefix { $0 == " " }.count
      let before = String(repeating: " ", count: text.count - inner.count)
      let after = String(repeating: " ", count: end)
      return "\(before)*\(escaped(String(inner.dropLast(end))))*\(after)"
    case .name:
      // A backtick would end the code.
      let scalars = span.text.unicodeScalars.map { $0 == "`" ? "'" : $0 }
      return "`\(escaped(String(String.UnicodeScalarView(scalars))))`"
    }
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  func explain(_ response: ClientResponse) -> String {
    let said = response.excerpt
    let text = "status \(response.status)" + (said.isEmpty ? "" : ": \(said.quoted(limit: 160))")
    switch said {
    case "invalid_token", "no_service", "no_service_id", "no_team", "team_disabled":
      return "\(text); the webhook's address is wrong or was revoked"
    case "channel_not_found", "channel_is_archived":
      return "\(text); the webhook's channel is gone, make a new webhook"
    case "action_prohibited", "posting_to_general_channel_denied":
      return "\(text); an administrator does not let it post there"
    default: break
    }
    switch response.status {
    case 300...399: return "status \(response.status), a redirect, which is never followed"
    case 404: return "\(text); the webhook's address is wrong or was revoked"
    case 429: return "\(text); too many messages, it will be tried again"
    default: return text
    }
  }

  var probes: [ClientRequest] { url.map { [.touch($0)] } ?? [] }
  /// Most services know no OPTIONS, and say so with some error.
  func isFine(_ response: ClientResponse) -> Bool { !(300...399).contains(response.status) }
  var place: String { url?.origin ?? "" }
}
