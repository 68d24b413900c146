import FoundationEssentials
import HTTP
import Support
import Testing

@testable import Notify

@Suite struct WebhookTests {
  private let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
  private let other = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="

  private func receiver(_ secret: String?) throws -> WebhookReceiver {
    var options = WebhookOptions()
    options.url = try ClientURL("https://n8n.example.org/webhook/spend")
    options.secret = secret
    return WebhookReceiver(options)
  }

  @Test("the body is what the contract says, the same at every attempt")
  func body() throws {
    let request = try receiver(nil).requests(for: threshold, at: noon + .hours(5))[0]
    #expect(
      request.text == #"""
        {"type":"budget.threshold_crossed","timestamp":"2026-11-21T12:00:00Z","data":{\#
        "budget":"daily","scope":"svc-2","threshold_percent":80,"limit":10,"spent":8.13,\#
        "unit":"usd","used_percent":81.3,"period":{"kind":"day",\#
        "start":"2026-11-21T00:00:00+01:00","end":"2026-11-22T00:00:00+01:00",\#
        "timezone":"Europe/Berlin"},"late":false,"forecast":12.4,\#
        "exhausted_at":"2026-11-21T16:00:00+01:00","top":[{"provider":"openai",\#
        "model":"gpt-4o","spent":4.065},{"provider":"anthropic",\#
        "model":"claude-sonnet-4-5-20250929","spent":2.0325}],"sidelight":"proxy-1"}}
        """#)
    #expect(request.method == .post && request.headers["Content-Type"] == "application/json")
    #expect(request.headers["webhook-id"] == "ntf_1")
    #expect(request.headers["webhook-timestamp"] == "1795280400")
    #expect(request.headers["webhook-signature"] == nil)
    #expect(try receiver(nil).requests(for: threshold, at: noon)[0].body == request.body)
  }

  @Test("what is not known is null, and a limit of nothing has no percentage")
  func nulls() throws {
    var notice = budgetNotice(scope: "all", per: nil, unit: .tokens, limit: 0, spent: 7)
    (notice.forecast, notice.exhausted, notice.top) = (nil, nil, [])
    let text = notification(.forecastExceeded(notice)).json.encoded
    #expect(text.hasPrefix(#"{"type":"budget.forecast_exceeded","#))
    #expect(
      text.contains(#""scope":"all","limit":0,"spent":7,"unit":"tokens","used_percent":null,"#))
    #expect(text.contains(#""late":false,"forecast":null,"exhausted_at":null,"top":[],"#))
  }

  @Test("providers and tests have their own data")
  func others() {
    #expect(
      unhealthy.json.encoded == #"""
        {"type":"provider.unhealthy","timestamp":"2026-11-21T12:00:00Z","data":{\#
        "provider":"openai","state":"unhealthy","previous":"degraded",\#
        "since":"2026-11-21T11:58:00Z","error_ratio":0.625,"reason":"overloaded",\#
        "sidelight":"proxy-1"}}
        """#)
    #expect(
      notification(.test).json.encoded
        == #"{"type":"test","timestamp":"2026-11-21T12:00:00Z","data":{"sidelight":"proxy-1"}}"#)
  }

  /// The example of the reference libraries.
  @Test("the signature is the reference implementation's")
  func signature() throws {
    let key = try #require(
      Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").map(Array.init))
    #expect(
      WebhookSecret.signature(
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330",
        body: Array(#"{"test": 2432232314}"#.utf8), key: key)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test("during a rotation each secret signs")
  func rotation() throws {
    let both = try receiver("\(secret)\n\(other)").requests(for: threshold, at: noon)[0]
    let signatures = try #require(both.headers["webhook-signature"]).split(separator: " ")
    #expect(signatures.count == 2)
    for (secret, signature) in zip([secret, other], signatures) {
      let one = try receiver(secret).requests(for: threshold, at: noon)[0]
      #expect(one.headers["webhook-signature"] == String(signature))
      let key = try #require(WebhookSecret.keys(in: secret)?.first)
      #expect(
        WebhookSecret.signature(
          id: "ntf_1", timestamp: "1795262400", body: both.body, key: key) == String(signature))
    }
  }

  @Test(
    "secrets are whsec_ and base64 of 24 to 64 bytes",
    arguments: [
      "secret", "whsec_", "whsec_c2hvcnQ=", "WHSEC_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
      "whsec_***", "whsec_" + String(repeating: "QUJD", count: 22),
    ])
  func badSecrets(_ text: String) {
    #expect(WebhookSecret.keys(in: text) == nil)
    #expect(WebhookSecret.keys(in: "\(secret) \(text)") == nil)
  }

  @Test("hostile names stay within their strings", arguments: hostileNames)
  func names(_ name: String) throws {
    struct Body: Decodable {
      var data: [String: Value]
      enum Value: Decodable {
        case text(String)
        case other
        init(from decoder: any Decoder) throws {
          let container = try decoder.singleValueContainer()
          self = (try? container.decode(String.self)).map(Value.text) ?? .other
        }
      }
    }
    for notification in everything(named: name) {
      let request = try receiver(secret).requests(for: notification, at: noon)[0]
      let body = try JSONDecoder().decode(Body.self, from: Data(request.body))
      guard case .text(let instance)? = body.data["sidelight"] else {
        Issue.record("no text")
        return
      }
      #expect(instance == name)
    }
  }

  @Test("answers in plain words")
  func words() throws {
    let receiver = try receiver(nil)
    #expect(receiver.explain(ClientResponse(204, "")) == "status 204")
    #expect(
      receiver.explain(ClientResponse(500, "<h1>Oops\n\u{1B}[31m"))
        == #"status 500: "<h1>Oops �[31m""#)
    #expect(
      receiver.explain(ClientResponse(301, ""))
        == "status 301, a redirect, which is never followed; configure its target")
    #expect(receiver.probes.map(\.method) == [.options])
    #expect(receiver.isFine(ClientResponse(404, "")) && !receiver.isFine(ClientResponse(308, "")))
    #expect(receiver.place == "https://n8n.example.org")
  }
}
