import Support
import Testing

@testable import Notify

@Suite struct MessageTests {
  @Test("a crossing says how much, of what, by whom, and what comes")
  func crossing() {
    #expect(
      Message(threshold).text == """
        Budget daily of key svc-2 has reached 80 %
        8.13 USD of 10 USD (81.3 %)
        Most by openai gpt-4o (4.065 USD), anthropic claude-sonnet-4-5-20250929 (2.0325 USD)
        Forecast: 12.4 USD by the end of the period. It runs out at 2026-11-21 16:00
        The day ends at 2026-11-22 00:00 Europe/Berlin
        Sidelight proxy-1
        """)
    #expect(threshold.title == "Budget daily of key svc-2 has reached 80 %")
  }

  @Test("one that was found late, over everything, of a limit of nothing")
  func late() {
    var notice = budgetNotice(scope: "all", per: nil, limit: 0, spent: 12_000)
    notice.isLate = true
    notice.top = []
    notice.forecast = nil
    notice.exhausted = ZonedTime(noon)
    #expect(
      Message(notification(.thresholdCrossed(notice, percent: 100))).text == """
        Budget daily has reached 100 %
        0.000012 USD spent where nothing may be
        The limit was reached at 2026-11-21 12:00
        The day ended at 2026-11-22 00:00 Europe/Berlin; this was found after its end
        Sidelight proxy-1
        """)
  }

  @Test("a forecast, in requests over a rolling window")
  func forecast() {
    var notice = budgetNotice(unit: .requests, limit: 20_000, spent: 1_234_567)
    notice.period.kind = "rolling 24h"
    notice.top = []
    notice.forecast = nil
    notice.exhausted = nil
    #expect(
      Message(notification(.forecastExceeded(notice))).text == """
        Budget daily of key svc-2 is going to exceed its limit
        1,234,567 requests of 20,000 requests (6172.8 %)
        Counted from 2026-11-21 00:00 to 2026-11-22 00:00 Europe/Berlin
        Sidelight proxy-1
        """)
  }

  @Test("providers and tests")
  func others() {
    #expect(
      Message(unhealthy).text == """
        Provider openai is unhealthy
        Since 2026-11-21 11:58 UTC; it was degraded. 63 % of its attempts fail, most with overloaded
        Sidelight proxy-1
        """)
    #expect(
      Message(recovered).text == """
        Provider openai is healthy again
        Since 2026-11-21 12:00 UTC; it was unhealthy
        Sidelight proxy-1
        """)
    #expect(Message(notification(.test)).title == "A test message from Sidelight")
  }

  @Test("names cannot move a cursor, break a line or fill a screen", arguments: hostileNames)
  func names(_ name: String) {
    for notification in everything(named: name) {
      let message = Message(notification)
      #expect(message.lines.count <= 6)
      for span in message.lines.joined() {
        #expect(!span.text.disturbs, "\(span)")
        #expect(!span.text.isEmpty)
        if case .name = span { #expect(span.text.unicodeScalars.count <= 65) }
      }
    }
  }

  @Test(
    "amounts keep the digits that matter",
    arguments: [
      (0, "0 USD"), (1, "0.000000001 USD"), (49_999, "0.000049999 USD"), (50_000, "0.0001 USD"),
      (9_820_000, "0.0098 USD"), (1_000_000_000, "1 USD"), (1_234_567_890, "1.2346 USD"),
      (-1_500_000_000, "-1.5 USD"), (.max, "9223372036.8548 USD"),
    ])
  func amounts(_ amount: Int64, _ text: String) {
    #expect(BudgetNotice.Unit.usd.text(amount) == text)
  }
}
