import FoundationEssentials
import HTTP
import Support
import Testing

@testable import Notify

@Suite struct SlackTests {
  private func receiver() throws -> SlackReceiver {
    var options = SlackOptions()
    options.url = try ClientURL("https://hooks.slack.com/services/T0/B0/secret")
    return SlackReceiver(options)
  }

  private struct Body: Decodable {
    struct Block: Decodable {
      struct Text: Decodable {
        var type: String
        var text: String
        var verbatim: Bool
      }
      var type: String
      var text: Text
    }
    var text: String
    var blocks: [Block]
  }

  @Test("one section, names as code, and a text for the notification itself")
  func request() throws {
    let request = try receiver().requests(for: threshold, at: noon)[0]
    let body = try JSONDecoder().decode(Body.self, from: Data(request.body))
    #expect(body.text == "Budget daily of key svc-2 has reached 80 %")
    #expect(body.blocks.count == 1 && body.blocks[0].type == "section")
    #expect(body.blocks[0].text.type == "mrkdwn" && body.blocks[0].text.verbatim)
    #expect(
      body.blocks[0].text.text == """
        *Budget* `daily` *of key* `svc-2` *has reached 80 %*
        8.13 USD of 10 USD (81.3 %)
        Most by `openai` `gpt-4o` (4.065 USD), `anthropic` `claude-sonnet-4-5-20250929` (2.0325 USD)
        Forecast: 12.4 USD by the end of the period. It runs out at 2026-11-21 16:00
        The day ends at 2026-11-22 00:00 `Europe/Berlin`
        Sidelight `proxy-1`
        """)
  }

  @Test("no name mentions anybody, ends its code or exceeds the limit", arguments: hostileNames)
  func names(_ name: String) throws {
    for notification in everything(named: name) {
      let request = try receiver().requests(for: notification, at: noon)[0]
      let body = try JSONDecoder().decode(Body.self, from: Data(request.body))
      let text = body.blocks[0].text.text
      #expect(!text.isEmpty && text.unicodeScalars.count <= 3000)
      for text in [text, body.text] {
        #expect(!text.contains("<") && !text.contains(">"))
        var rest = text
        for entity in ["&amp;", "&lt;", "&gt;"] { rest = rest.replacing(entity, with: "") }
        #expect(!rest.contains("&"))
      }
      // Outside of code there is nothing that a name could have brought.
      let parts = text.split(separator: "`", omittingEmptySubsequences: false)
      #expect(parts.count % 2 == 1)
      for (index, part) in parts.enumerated() where index % 2 == 0 {
        #expect(!part.contains("channel") && !part.contains("evil"), "\(part)")
      }
    }
  }

  @Test(
    "answers in plain words",
    arguments: [
      (200, "ok", #"status 200: "ok""#),
      (
        404, "no_service",
        #"status 404: "no_service"; the webhook's address is wrong or was revoked"#
      ),
      (
        403, "invalid_token",
        #"status 403: "invalid_token"; the webhook's address is wrong or was revoked"#
      ),
      (
        410, "channel_is_archived",
        #"status 410: "channel_is_archived"; the webhook's channel is gone, make a new webhook"#
      ),
      (
        403, "action_prohibited",
        #"status 403: "action_prohibited"; an administrator does not let it post there"#
      ),
      (429, "", "status 429; too many messages, it will be tried again"),
      (302, "moved", "status 302, a redirect, which is never followed"),
    ])
  func words(_ status: Int, _ body: String, _ expected: String) throws {
    #expect(try receiver().explain(ClientResponse(status, body)) == expected)
  }
}
