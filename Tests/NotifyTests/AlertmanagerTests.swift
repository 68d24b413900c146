import FoundationEssentials
import HTTP
import Support
import Testing

@testable import Notify

@Suite struct AlertmanagerTests {
  private struct Alert: Decodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String
  }

  private func alert(
    _ notification: Notification, at now: Timestamp = noon
  ) throws -> Alert {
    let text = AlertmanagerReceiver.alert(notification, at: now).encoded
    return try JSONDecoder().decode(Alert.self, from: Data(text.utf8))
  }

  @Test("an alert for each threshold, over at the period's end")
  func threshold80() throws {
    let alert = try alert(threshold)
    #expect(
      alert.labels == [
        "alertname": "LLMBudgetThresholdCrossed", "severity": "warning", "budget": "daily",
        "scope": "svc-2", "threshold": "80", "sidelight": "proxy-1",
      ])
    #expect(alert.annotations["summary"] == "Budget daily of key svc-2 has reached 80 %")
    #expect(alert.annotations["notification_id"] == "ntf_1")
    #expect(alert.annotations["description"]?.contains("8.13 USD of 10 USD") == true)
    #expect(alert.startsAt == "2026-11-21T12:00:00Z" && alert.endsAt == "2026-11-21T23:00:00Z")
    let spent = try self.alert(notification(.thresholdCrossed(budgetNotice(), percent: 100)))
    #expect(spent.labels["severity"] == "critical")
  }

  @Test("what is delivered near or after the period's end still lasts long enough to be told")
  func late() throws {
    #expect(try alert(threshold, at: noon + .days(2)).endsAt == "2026-11-23T12:15:00Z")
    #expect(try alert(notification(.test)).endsAt == "2026-11-21T12:15:00Z")
  }

  @Test("a recovery resolves the alert of the same labels")
  func providers() throws {
    let (down, up) = (try alert(unhealthy), try alert(recovered))
    #expect(down.labels == up.labels)
    #expect(down.labels["alertname"] == "LLMProviderUnhealthy")
    #expect(down.endsAt == "2026-11-22T12:00:00Z" && up.endsAt == "2026-11-21T12:00:00Z")
  }

  @Test("every member of a cluster is told, below a prefix too")
  func cluster() throws {
    var options = AlertmanagerOptions()
    options.urls = [try ClientURL("http://am-1:9093"), try ClientURL("https://u:p@am-2/prefix/")]
    let receiver = try AlertmanagerReceiver(options)
    let expected = [
      try ClientURL("http://am-1:9093/api/v2/alerts"),
      try ClientURL("https://u:p@am-2/prefix/api/v2/alerts"),
    ]
    #expect(receiver.requests(for: threshold, at: noon).map(\.url) == expected)
    #expect(receiver.place == "http://am-1:9093, https://am-2")
  }

  @Test("labels are short, printable and never empty", arguments: hostileNames)
  func names(_ name: String) throws {
    for notification in everything(named: name) {
      let alert = try alert(notification)
      for (label, value) in alert.labels {
        #expect(!value.isEmpty && value.unicodeScalars.count <= 128, "\(label)")
        #expect(!value.disturbs)
      }
    }
  }
}
