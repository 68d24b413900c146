import FoundationEssentials
import HTTP
import Support
import Testing

@testable import Notify

@Suite struct TelegramTests {
  private func receiver(
    chat: String = "-1001234567890", thread: Int64? = nil
  ) throws -> TelegramReceiver {
    var options = TelegramOptions()
    options.botToken = "123:secret"
    options.chat = chat
    options.thread = thread
    return try TelegramReceiver(options)
  }

  private struct Body: Decodable {
    struct Entity: Decodable {
      var type: String
      var offset: Int
      var length: Int
    }
    var text: String
    var entities: [Entity]

    /// What the entities cover, as Telegram counts.
    var covered: [String] {
      let units = Array(text.utf16)
      return entities.map { entity in
        String(decoding: units[entity.offset..<entity.offset + entity.length], as: UTF16.self)
      }
    }
  }

  private func body(_ request: ClientRequest) throws -> Body {
    try JSONDecoder().decode(Body.self, from: Data(request.body))
  }

  @Test("plain text with entities goes to a chat or a topic")
  func request() throws {
    let request = try receiver().requests(for: notification(.test), at: noon)[0]
    #expect(
      request.text == #"""
        {"chat_id":-1001234567890,"text":"A test message from Sidelight\n\#
        This receiver works: budgets and providers can be told of here.\nSidelight proxy-1",\#
        "entities":[{"type":"bold","offset":0,"length":29},\#
        {"type":"code","offset":104,"length":7}],"link_preview_options":{"is_disabled":true}}
        """#)
    let url = try ClientURL("https://api.telegram.org/bot123:secret/sendMessage")
    #expect(request.url == url)
    let topic = try receiver(chat: "@ops_room", thread: 7).requests(for: threshold, at: noon)[0]
    #expect(topic.text.hasPrefix(#"{"chat_id":"@ops_room","message_thread_id":7,"text":"Budget"#))
    #expect(
      try body(topic).covered == [
        "Budget ", "daily", " of key ", "svc-2", " has reached 80 %", "openai", "gpt-4o",
        "anthropic",
        "claude-sonnet-4-5-20250929", "Europe/Berlin", "proxy-1",
      ])
  }

  @Test("no name breaks the text or exceeds the limit; every one is code", arguments: hostileNames)
  func names(_ name: String) throws {
    for notification in everything(named: name) {
      let body = try body(receiver().requests(for: notification, at: noon)[0])
      #expect(!body.text.isEmpty && body.text.utf16.count <= 4096)
      let shown = Message.Span.name(name).text
      let code = zip(body.entities, body.covered).filter { $0.0.type == "code" }.map(\.1)
      #expect(!code.isEmpty && code.allSatisfy { $0 == shown })
      var end = 0
      for entity in body.entities {
        #expect(entity.offset >= end && entity.length > 0)
        end = entity.offset + entity.length
      }
      #expect(end <= body.text.utf16.count)
    }
  }

  @Test("what does not fit is left out line by line")
  func length() {
    var message = Message(notification(.test))
    message.lines = Array(repeating: [.plain(String(repeating: "\u{1F600}", count: 500))], count: 9)
    #expect(TelegramReceiver.render(message).text.utf16.count == 4 * 1000 + 3)
  }

  @Test(
    "answers in plain words",
    arguments: [
      (
        401, #"{"ok":false,"error_code":401,"description":"Unauthorized"}"#,
        #"status 401: "Unauthorized"; check the bot token, it may have been revoked"#
      ),
      (
        404, #"{"ok":false,"error_code":404,"description":"Not Found"}"#,
        #"status 404: "Not Found"; check the bot token, it may have been revoked"#
      ),
      (
        400, #"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#,
        #"status 400: "Bad Request: chat not found"; check chat_id, and that the bot is a member of"#
          + " the chat"
      ),
      (
        400,
        #"{"ok":false,"error_code":400,"description":"Bad Request: message thread not found"}"#,
        #"status 400: "Bad Request: message thread not found"; check message_thread_id"#
      ),
      (
        400,
        #"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded","#
          + #""parameters":{"migrate_to_chat_id":-1009}}"#,
        #"status 400: "Bad Request: group chat was upgraded"; the group has become a supergroup, its"#
          + " chat_id is -1009 now"
      ),
      (
        403,
        #"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#,
        #"status 403: "Forbidden: bot was blocked by the user"; the bot may not write there: add it"#
          + " to the chat, or unblock it"
      ),
      (502, "<html>bad gateway", "status 502"),
      (200, #"{"ok":true,"result":{}}"#, "status 200"),
    ])
  func words(_ status: Int, _ body: String, _ expected: String) throws {
    #expect(try receiver().explain(ClientResponse(status, body)) == expected)
  }

  @Test("retry_after is heeded")
  func wait() throws {
    let limited =
      #"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","#
      + #""parameters":{"retry_after":35}}"#
    #expect(try receiver().wait(in: ClientResponse(429, limited)) == .seconds(35))
    #expect(try receiver().wait(in: ClientResponse(429, "{}")) == nil)
    #expect(try receiver().wait(in: ClientResponse(429, "nonsense")) == nil)
    #expect(
      try receiver().wait(in: ClientResponse(429, #"{"parameters":{"retry_after":-5}}"#))
        == .seconds(0))
  }

  @Test("the token is in no text")
  func secret() throws {
    let receiver = try receiver()
    #expect(receiver.place == "https://api.telegram.org")
    #expect(!"\(receiver.probes.map(\.url))".contains("secret"))
  }
}
