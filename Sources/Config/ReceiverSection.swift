import HTTP
import Notify
import Support

extension ReceiverOptions {
  static let section = Section(
    blank: ReceiverOptions(),
    keys: [
      Key(
        "name", receiverName, \.name, fallback: "required",
        "What budgets name it by in `notify`; letters, digits, `-`, `_` and `.`."),
      Key(
        "events", .list(event, expected: "a list such as [provider.unhealthy]"), \.events,
        "What it is told besides budgets: `provider.unhealthy`, `provider.recovered`."),
      Key(optional: "webhook", section: WebhookOptions.section, \.webhook),
      Key(optional: "telegram", section: TelegramOptions.section, \.telegram),
      Key(optional: "slack", section: SlackOptions.section, \.slack),
      Key(optional: "alertmanager", section: AlertmanagerOptions.section, \.alertmanager),
    ],
    check: { options, mapping, decoder in
      if options.name.isEmpty, mapping["name"] == nil {
        decoder.complain(mapping.mark, "\(mapping.path): name is missing")
      }
      let kinds = ["webhook", "telegram", "slack", "alertmanager"]
      let given = kinds.filter { mapping[$0] != nil }
      if given.isEmpty {
        decoder.complain(
          mapping.mark, "\(mapping.path) names no service, expected one of \(list(kinds))")
      } else if given.count > 1 {
        decoder.complain(
          mapping.mark,
          "\(mapping.path) names \(list(given)), expected one of them;"
            + " a second receiver can have the other")
      }
    })

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

  private static let receiverName = Kind<String>.scalar(
    "name", expected: "a name such as ops-telegram", show: { .text($0) }
  ) { text, _ throws(Complaint) in
    let allowed = text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "-_.".utf8.contains($0)
      }
    }
    guard allowed, text.utf8.count <= 64 else {
      throw Complaint("\(text.quoted) is no name (letters, digits, -, _ and ., 64 at most)")
    }
    return text.isEmpty ? nil : text
  }

  private static let event = Kind<Notification.Kind>.scalar(
    "event", expected: "provider.unhealthy or provider.recovered", show: { .text($0.rawValue) }
  ) { text, _ throws(Complaint) in
    guard !text.hasPrefix("budget.") else {
      throw Complaint("budgets say themselves whom to tell, in budgets[].notify")
    }
    let event = Notification.Kind(rawValue: text)
    return event == .providerUnhealthy || event == .providerRecovered ? event : nil
  }

  /// Tells of receivers with the same name.
  static func checkNames(
    _ receivers: [ReceiverOptions], _ mapping: Mapping, _ decoder: inout ConfigDecoder
  ) {
    guard let field = mapping["receivers"], case .sequence(let nodes) = field.node.content else {
      return
    }
    var first: [String: Int] = [:]
    // Without a name is what could not be read.
    for (index, (receiver, node)) in zip(receivers, nodes).enumerated() where !receiver.name.isEmpty
    {
      guard let other = first[receiver.name] else {
        first[receiver.name] = index
        continue
      }
      decoder.complain(
        node.mark,
        "receivers[\(index)] is called \(receiver.name.quoted), as receivers[\(other)] is")
    }
  }
}

extension Kind where Value == ClientURL {
  /// An address to call. It may hold a secret, so no message repeats it.
  static func url(_ example: String) -> Kind {
    let expected = "an address such as \(example)"
    return scalar("URL", expected: expected, show: { .text($0.origin) }) {
      text, _ throws(Complaint) in
      do throws(ClientError) { return try ClientURL(text) } catch {
        throw Complaint("cannot be called: \(error.reason), expected \(expected)")
      }
    }
  }
}

extension WebhookOptions {
  fileprivate static let section = Section(
    blank: WebhookOptions(),
    keys: [
      Key(
        optional: "url", .url("https://n8n.example.org/webhook/spend"), \.url,
        fallback: "required", "Where JSON is posted to, as Standard Webhooks has it."),
      Key(
        secret: "secret", signingKeys, \.secret,
        "What bodies are signed with: `whsec_` and base64; while it is changed, the new and the"
          + " old one, with a space between."),
    ],
    check: { options, mapping, decoder in
      guard mapping["url"] == nil else { return }
      decoder.complain(mapping.mark, "\(mapping.path): url is missing")
    })

  private static let signingKeys = Secret { text throws(Complaint) in
    guard WebhookSecret.keys(in: text) != nil else {
      throw Complaint(
        "is no secret of Standard Webhooks (whsec_ and base64 of 24 to 64 bytes); make one with"
          + " echo \"whsec_$(openssl rand -base64 32)\"")
    }
  }
}

extension TelegramOptions {
  fileprivate static let section = Section(
    blank: TelegramOptions(),
    keys: [
      Key(secret: "bot_token", token, \.botToken, "What @BotFather gave."),
      Key(
        "chat_id", chatID, \.chat, fallback: "required",
        "The chat: a number (negative for groups), or the `@name` of a channel."),
      Key(
        optional: "message_thread_id", .count(1...Int64(Int32.max), "topics have such numbers"),
        \.thread, "The topic of a forum."),
      Key(
        optional: "api_url", .url(defaultAPI), \.api, fallback: defaultAPI,
        "A Bot API server of your own."),
    ],
    check: { options, mapping, decoder in
      if mapping["bot_token"] == nil, mapping["bot_token_file"] == nil {
        decoder.complain(mapping.mark, "\(mapping.path): bot_token is missing (or bot_token_file)")
      }
      if mapping["chat_id"] == nil {
        decoder.complain(mapping.mark, "\(mapping.path): chat_id is missing")
      }
      if let api = options.api, api.hasQuery, let field = mapping["api_url"] {
        decoder.complain(field, "has a query, after which no path can follow")
      }
    })

  private static let token = Secret { text throws(Complaint) in
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let valid =
      parts.count == 2 && !parts[0].isEmpty
      && parts[0].utf8.allSatisfy { (0x30...0x39).contains($0) }
      && parts[1].utf8.count >= 20
      && parts[1].utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
      }
    guard valid else {
      throw Complaint(
        "is no bot token, which looks like 123456789:AbCdEfGhIjKlMnOpQrStUvWxYz-123456")
    }
  }

  private static let chatID = Kind<String>.scalar(
    "chat", expected: "a chat such as -1001234567890 or \"@channel\"", show: { .text($0) }
  ) { text, _ in
    if let number = Int64(text), number != 0 { return String(number) }
    let name = text.dropFirst()
    let valid =
      text.hasPrefix("@") && (4...32).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
        default: false
        }
      }
    return valid ? text : nil
  }
}

extension SlackOptions {
  /// `url:`, which is a secret.
  private var address: String? {
    get { url?.origin }
    set { url = newValue.flatMap { try? ClientURL($0) } }
  }

  fileprivate static let section = Section(
    blank: SlackOptions(),
    keys: [
      Key(
        secret: "url", webhook, \.address,
        "An incoming webhook, such as `https://hooks.slack.com/services/…`.")
    ],
    check: { _, mapping, decoder in
      guard mapping["url"] == nil, mapping["url_file"] == nil else { return }
      decoder.complain(mapping.mark, "\(mapping.path): url is missing (or url_file)")
    })

  private static let webhook = Secret { text throws(Complaint) in
    do throws(ClientError) { _ = try ClientURL(text) } catch {
      throw Complaint("cannot be called: \(error.reason)")
    }
  }
}

extension AlertmanagerOptions {
  fileprivate static let section = Section(
    blank: AlertmanagerOptions(),
    keys: [
      Key(
        "urls",
        .list(.url("http://alertmanager:9093"), expected: "a list such as [http://am:9093]"),
        \.urls, fallback: "required",
        "Every member of the cluster, without `/api`; a path prefix may be part of it.")
    ],
    check: { options, mapping, decoder in
      guard let field = mapping["urls"] else {
        decoder.complain(mapping.mark, "\(mapping.path): urls is missing")
        return
      }
      if case .sequence([]) = field.node.content {
        decoder.complain(field, "is empty, expected at least one address")
      }
      if options.urls.contains(where: \.hasQuery) {
        decoder.complain(field, "one has a query, after which no path can follow")
      }
    })
}
