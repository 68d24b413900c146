package import HTTP
import Support

/// `alertmanager:` of a receiver.
package struct AlertmanagerOptions: Sendable, Equatable {
  /// Each member of a cluster: they do not pass alerts on to each other.
  package var urls: [ClientURL] = []

  package init() {}
}

/// Posts alerts to `/api/v2/alerts`: https://prometheus.io/docs/alerting/latest/alerts_api/
///
/// An alert resolves by itself when the budget's period ends. Every member of a cluster is sent
/// each alert; as for Prometheus, one that takes it is enough.
struct AlertmanagerReceiver: Receiver {
  /// An alert that is over before its group was looked at is never told of: by default a group
  /// waits for five minutes between two looks.
  static let shortest = TimeSpan.minutes(15)
  /// A provider is unhealthy until it is said to have recovered, or nothing was heard for a day.
  static let longest = TimeSpan.days(1)

  private let alerts: [ClientURL]
  private let health: [ClientURL]

  init(_ options: AlertmanagerOptions) throws(ClientError) {
    var alerts: [ClientURL] = []
    var health: [ClientURL] = []
    for url in options.urls {
      alerts.append(try url.appending("/api/v2/alerts"))
      health.append(try url.appending("/-/healthy"))
    }
    self.alerts = alerts
    self.health = health
  }

  func requests(for notification: Notification, at now: Timestamp) -> [ClientRequest] {
    let body = JSONValue.list([Self.alert(notification, at: now)])
    return alerts.map { .post(body, to: $0) }
  }

  static func alert(_ notification: Notification, at now: Timestamp) -> JSONValue {
    let message = Message(notification)
    return .object([
      "labels": .object(
        labels(notification).map { .init($0, .text(cut($1))) }
          + [.init("sidelight", .text(cut(notification.instance)))]),
      "annotations": .object([
        "summary": .text(message.title), "description": .text(message.text),
        "notification_id": .text(notification.id),
      ]),
      "startsAt": .text(CivilTime(notification.time).rfc3339),
      "endsAt": .text(CivilTime(end(of: notification, at: now)).rfc3339),
    ])
  }

  /// What tells alerts apart.
  private static func labels(_ notification: Notification) -> [(String, String)] {
    switch notification.content {
    case .thresholdCrossed(let notice, let percent):
      [
        ("alertname", "LLMBudgetThresholdCrossed"),
        ("severity", percent < 100 ? "warning" : "critical"), ("budget", notice.budget),
        ("scope", notice.scope), ("threshold", String(percent)),
      ]
    case .forecastExceeded(let notice):
      [
        ("alertname", "LLMBudgetForecastExceeded"), ("severity", "warning"),
        ("budget", notice.budget), ("scope", notice.scope),
      ]
    case .providerUnhealthy(let notice), .providerRecovered(let notice):
      [
        ("alertname", "LLMProviderUnhealthy"), ("severity", "critical"),
        ("provider", notice.provider),
      ]
    case .test: [("alertname", "SidelightTest"), ("severity", "info")]
    }
  }

  private static func end(of notification: Notification, at now: Timestamp) -> Timestamp {
    switch notification.content {
    case .thresholdCrossed(let notice, _), .forecastExceeded(let notice):
      max(notice.period.end.time, now + shortest)
    case .providerUnhealthy: now + longest
    // Before its start an end would be refused.
    case .providerRecovered: notification.time
    case .test: now + shortest
    }
  }

  /// Label values are kept short: they are part of every copy of an alert.
  private static func cut(_ text: String) -> String {
    let clean = text.printable.unicodeScalars
    // An empty label counts as none at all.
    return clean.isEmpty ? "none" : String(String.UnicodeScalarView(clean.prefix(128)))
  }

  func explain(_ response: ClientResponse) -> String {
    let said = response.excerpt
    let text = "status \(response.status)" + (said.isEmpty ? "" : ": \(said.quoted(limit: 160))")
    switch response.status {
    case 200...299: return "status \(response.status)"
    case 404: return "\(text); no Alertmanager at this address? leave /api out of it"
    case 401, 403: return "\(text); it asks for a user and password: https://USER:PASSWORD@HOST"
    default: return text
    }
  }

  var probes: [ClientRequest] { health.map { ClientRequest($0, limits: probeLimits) } }
  var place: String { alerts.map(\.origin).joined(separator: ", ") }
}
