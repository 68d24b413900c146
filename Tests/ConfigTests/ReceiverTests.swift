import HTTP
import Notify
import TestSupport
import Testing

@testable import Config

private let token = "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz-12345_6"
private let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

@Suite struct ReceiverTests {
  @Test func everyKind() throws {
    let read = try decode(
      """
      receivers:
        - name: n8n
          events: [provider.unhealthy, provider.recovered]
          webhook: {url: "https://n8n.example.org/webhook/spend?x=1", secret: "\(secret) \(secret)"}
        - {name: tg, telegram: {bot_token: "\(token)", chat_id: -1001234567890, message_thread_id: 7}}
        - {name: tg2, telegram: {bot_token: "\(token)", chat_id: "@ops_room", api_url: "http://b:81/x"}}
        - {name: slack, slack: {url: "https://hooks.slack.com/services/T0/B0/XXX"}}
        - {name: am, alertmanager: {urls: ["http://am-1:9093", "https://u:p@am-2/prefix/"]}}
      """)
    #expect(read.receivers.map(\.name) == ["n8n", "tg", "tg2", "slack", "am"])
    #expect(read.receivers[0].events == [.providerUnhealthy, .providerRecovered])
    #expect(read.receivers[0].webhook?.url?.origin == "https://n8n.example.org")
    #expect(read.receivers[0].webhook?.secret == "\(secret) \(secret)")
    #expect(read.receivers[1].telegram?.chat == "-1001234567890")
    #expect(read.receivers[1].telegram?.thread == 7)
    #expect(read.receivers[2].telegram?.chat == "@ops_room")
    #expect(read.receivers[2].telegram?.api?.origin == "http://b:81")
    #expect(read.receivers[3].slack?.url?.origin == "https://hooks.slack.com")
    #expect(
      read.receivers[4].alertmanager?.urls.map(\.origin) == ["http://am-1:9093", "https://am-2"])
    for receiver in read.receivers { #expect(try receiver.makeReceiver() != nil) }
  }

  @Test func nothingSecretIsShown() throws {
    let read = try decode(
      """
      receivers:
        - {name: a, webhook: {url: "https://u:pass@h/hidden-path?k=hidden", secret: "\(secret)"}}
        - {name: b, telegram: {bot_token: "\(token)", chat_id: 1}}
        - {name: c, slack: {url: "https://hooks.slack.com/services/hidden"}}
        - {name: d, alertmanager: {urls: ["https://u:pass@am"]}}
      """)
    for text in [read.redacted(), read.redactedJSON(), "\(read.receivers)"] {
      #expect(!text.contains("hidden") && !text.contains("pass"))
    }
    for text in [read.redacted(), read.redactedJSON()] {
      #expect(!text.contains("AbCdEf") && !text.contains("whsec"))
      #expect(text.contains("https://hooks.slack.com") == false)
    }
  }

  @Test func secretsInFilesAreKnown() throws {
    let scratch = Scratch()
    scratch.write("\(secret)\n\(secret)\n", to: "w")
    scratch.write("\(token)\n", to: "t")
    scratch.write("https://hooks.slack.com/services/T0/B0/XXX\n", to: "s")
    let read = try decode(
      """
      receivers:
        - {name: a, webhook: {url: "https://h", secret_file: w}}
        - {name: b, telegram: {bot_token_file: t, chat_id: 1}}
        - {name: c, slack: {url_file: s}}
      """, file: scratch.file("sidelight.yaml"))
    #expect(read.secretFiles == [scratch.file("w"), scratch.file("t"), scratch.file("s")])
    #expect(read.receivers[0].webhook?.secret == "\(secret)\n\(secret)")
    #expect(read.receivers[1].telegram?.botToken == token)
    #expect(read.receivers[2].slack?.url != nil)
  }

  private static func one(_ text: String) -> String { "receivers: [{name: a, \(text)}]" }

  static let mistakes: [MistakeTests.Mistake] = [
    MistakeTests.Mistake(
      "receivers: [{webhook: {url: \"http://h\"}}]", "1:13: receivers[0]: name is missing"),
    MistakeTests.Mistake(
      "receivers: [{name: \"a b\", webhook: {url: \"http://h\"}}]",
      "1:20: receivers[0].name: \"a b\" is no name (letters, digits, -, _ and ., 64 at most)"
    ),
    MistakeTests.Mistake(
      "receivers: [{name: a}]",
      "1:13: receivers[0] names no service, expected one of webhook, telegram, slack, alertmanager"
    ),
    MistakeTests.Mistake(
      one("slack: {url: \"http://h\"}, webhook: {url: \"http://h\"}"),
      "1:13: receivers[0] names webhook, slack, expected one of them;"
        + " a second receiver can have the other"
    ),
    MistakeTests.Mistake(
      "receivers:\n- {name: a, webhook: {url: \"http://h\"}}\n- {name: a, webhook: {url: \"http://i\"}}",
      "3:3: receivers[1] is called \"a\", as receivers[0] is"
    ),
    MistakeTests.Mistake(
      one("events: [budget.threshold_crossed], webhook: {url: \"http://h\"}"),
      "1:32: receivers[0].events[0]: budgets say themselves whom to tell, in budgets[].notify"
    ),
    MistakeTests.Mistake(
      one("events: [test], webhook: {url: \"http://h\"}"),
      "1:32: receivers[0].events[0]: expected provider.unhealthy or provider.recovered, got \"test\""
    ),
    MistakeTests.Mistake(one("webhook: {}"), "1:32: receivers[0].webhook: url is missing"),
    MistakeTests.Mistake(
      one("webhook: {url: \"ftp://secret@h\"}"),
      "1:38: receivers[0].webhook.url: cannot be called: the scheme has to be http or https,"
        + " expected an address such as https://n8n.example.org/webhook/spend"
    ),
    MistakeTests.Mistake(
      one("webhook: {url: \"http://h\", secret: whsec_c2hvcnQ=}"),
      "1:58: receivers[0].webhook.secret: is no secret of Standard Webhooks (whsec_ and base64 of 24"
        + " to 64 bytes); make one with echo \"whsec_$(openssl rand -base64 32)\""
    ),
    MistakeTests.Mistake(
      one("telegram: {chat_id: 1}"),
      "1:33: receivers[0].telegram: bot_token is missing (or bot_token_file)"
    ),
    MistakeTests.Mistake(
      one("telegram: {bot_token: \"\(token)\"}"), "1:33: receivers[0].telegram: chat_id is missing"
    ),
    MistakeTests.Mistake(
      one("telegram: {bot_token: \"bot\(token)\", chat_id: 1}"),
      "1:45: receivers[0].telegram.bot_token: is no bot token, which looks like"
        + " 123456789:AbCdEfGhIjKlMnOpQrStUvWxYz-123456"
    ),
    MistakeTests.Mistake(
      one("telegram: {bot_token: \"\(token)\", chat_id: ops}"),
      "1:102: receivers[0].telegram.chat_id: expected a chat such as -1001234567890 or \"@channel\","
        + " got \"ops\""
    ),
    MistakeTests.Mistake(
      one("telegram: {bot_token: \"\(token)\", chat_id: 1, api_url: \"http://h?x\"}"),
      "1:114: receivers[0].telegram.api_url: has a query, after which no path can follow"
    ),
    MistakeTests.Mistake(
      one("slack: {}"), "1:30: receivers[0].slack: url is missing (or url_file)"),
    MistakeTests.Mistake(
      one("slack: {url: hooks}"),
      "1:36: receivers[0].slack.url: cannot be called: it has to begin with http:// or https://"
    ),
    MistakeTests.Mistake(
      one("alertmanager: {}"), "1:37: receivers[0].alertmanager: urls is missing"),
    MistakeTests.Mistake(
      one("alertmanager: {urls: []}"),
      "1:44: receivers[0].alertmanager.urls: is empty, expected at least one address"
    ),
    MistakeTests.Mistake(
      one("alertmanager: {urls: [\"http://h?x\"]}"),
      "1:44: receivers[0].alertmanager.urls: one has a query, after which no path can follow"
    ),
    MistakeTests.Mistake(
      one("alertmanager: {urls: [\"http://h\", \"http://h\"]}"),
      "1:57: receivers[0].alertmanager.urls[1]: given twice, first at 1:45"
    ),
  ]

  @Test(arguments: mistakes)
  func message(_ mistake: MistakeTests.Mistake) { #expect(problems(mistake.yaml) == mistake.told) }
}
