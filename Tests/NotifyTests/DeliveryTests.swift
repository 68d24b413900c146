import HTTP
import Support
import TestSupport
import Testing

@testable import Notify

@Suite struct DeliveryTests {
  @Test(
    "a status says whether and when to try again",
    arguments: [
      (200, RetrySchedule.Verdict.delivered), (204, .delivered), (299, .delivered),
      (100, .failed(wait: nil)), (301, .failed(wait: nil)), (304, .failed(wait: nil)),
      (400, .refused), (410, .refused), (413, .refused), (422, .refused), (401, .barred),
      (403, .barred), (404, .barred), (402, .failed(wait: nil)), (408, .failed(wait: nil)),
      (429, .failed(wait: nil)), (500, .failed(wait: nil)), (503, .failed(wait: nil)),
      (599, .failed(wait: nil)), (0, .failed(wait: nil)),
    ])
  func verdicts(_ status: Int, _ verdict: RetrySchedule.Verdict) {
    #expect(RetrySchedule.Verdict(status: status) == verdict)
  }

  @Test("a wait counts where it goes on")
  func waits() {
    #expect(RetrySchedule.Verdict(status: 429, wait: .seconds(7)) == .failed(wait: .seconds(7)))
    #expect(RetrySchedule.Verdict(status: 503, wait: .seconds(7)) == .failed(wait: .seconds(7)))
    #expect(RetrySchedule.Verdict(status: 404, wait: .seconds(7)) == .barred)
  }

  @Test(
    "Retry-After is seconds or a date",
    arguments: [
      ("120", 120), ("0", 0), ("-3", 0), ("99999999999", 86_400),
      ("Sat, 21 Nov 2026 12:05:00 GMT", 300), ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
    ])
  func retryAfter(_ text: String, _ seconds: Int64) {
    let response = ClientResponse(503, "", headers: ["retry-after": text])
    #expect(response.retryAfter(now: noon) == .seconds(seconds))
  }

  @Test(
    "anything else is not heeded",
    arguments: [
      "", "soon", "1.5", "99999999999999999999999", "Sat, 21 Nov 2026 25:00:00 GMT", "Nov",
    ])
  func badRetryAfter(_ text: String) {
    let response = ClientResponse(503, "", headers: ["Retry-After": text])
    #expect(response.retryAfter(now: noon) == nil)
  }

  @Test("a date is read to the second, leap years included")
  func dates() {
    #expect(HTTPDate.timestamp("Sun, 06 Nov 1994 08:49:37 GMT")?.seconds == 784_111_777)
    #expect(HTTPDate.timestamp("Thu, 29 Feb 2024 00:00:00 GMT")?.seconds == 1_709_164_800)
    for day in stride(from: Int64(0), to: 60_000, by: 17) {
      let time = Timestamp(microseconds: day * 86_400_000_000)
      let civil = CivilTime(time)
      let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")
      let text = "Xxx, \(civil.day) \(months[Int(civil.month) - 1]) \(civil.year) 00:00:00 GMT"
      #expect(HTTPDate.timestamp(text) == time)
    }
  }

  /// Answers by port.
  private func attempt(
    _ answers: [String: Result<ClientResponse, ClientError>]
  ) async throws -> Delivery.Answer {
    var options = AlertmanagerOptions()
    options.urls = try answers.keys.sorted().map { name throws(ClientError) in
      try ClientURL("http://\(name)")
    }
    let delivery = Delivery(send: { request in
      answers[String(request.url.origin.dropFirst(7))] ?? .failure(ClientError(.failed, "?"))
    })
    return await delivery.attempt(
      threshold, to: try AlertmanagerReceiver(options), now: noon)
  }

  @Test("of several addresses one that accepts is enough, then the most hopeful counts")
  func several() async throws {
    let refused = ClientError(.refused, "connection refused", origin: "http://a")
    let good = ClientResponse(200, "")
    let bad = ClientResponse(400, "bad\nrequest")
    #expect(try await attempt(["a": .failure(refused), "b": .success(good)]).verdict == .delivered)
    #expect(
      try await attempt(["a": .failure(refused), "b": .success(bad)])
        == Delivery.Answer(verdict: .failed(wait: nil), text: "http://a: connection refused"))
    #expect(
      try await attempt(["a": .success(bad), "b": .success(bad)]).verdict == .refused)
    #expect(
      try await attempt(["a": .success(bad)]).text == #"http://a: status 400: "bad request""#)
  }

  @Test("a receiver without an address refuses")
  func nowhere() async throws {
    let delivery = Delivery(send: { _ in .success(ClientResponse(200, "")) })
    let answer = await delivery.attempt(
      threshold, to: WebhookReceiver(WebhookOptions()), now: noon)
    #expect(answer == Delivery.Answer(verdict: .refused, text: "it has no address"))
  }
}
