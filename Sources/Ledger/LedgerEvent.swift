package import Support

/// Something that happened, kept for people to look up: a provider that broke, a budget that was
/// crossed, a message that could not be delivered.
package struct LedgerEvent: Sendable, Equatable {
  /// What happened, from a list in code so that it can be asked for by name.
  package enum Kind: String, CaseIterable, Sendable {
    /// A provider's state of health changed; the subject is its name.
    case providerHealth = "provider_health"
    /// Likewise, of one deployment.
    case deploymentHealth = "deployment_health"
    /// A budget's spend has reached a threshold; the subject is the budget.
    case budgetCrossed = "budget_crossed"
    /// Likewise, its forecast has exceeded the limit.
    case budgetForecast = "budget_forecast"
    /// A notification was delivered or given up; the subject is the receiver.
    case notification
    /// Sidelight started; the subject is what it calls itself.
    case start
    /// The configuration was applied anew, or refused; the subject is what Sidelight calls itself.
    case reload
  }

  package var time: Timestamp
  package var kind: Kind
  /// Whom it happened to: the name of a provider, a budget, a receiver.
  package var subject: String
  /// A JSON object of what else is worth knowing.
  package var detail: JSONValue

  /// More of a kind are dropped, the oldest first.
  package static let most = 20_000
  /// Bytes of a subject; longer ones are cut.
  static let longestSubject = 512

  /// Something that happened at `time`, to be written with the batch that found it.
  package init(time: Timestamp, kind: Kind, subject: String, detail: JSONValue = .object([])) {
    self.time = time
    self.kind = kind
    self.subject = subject
    self.detail = detail
  }

  /// The event as the API shows it.
  package var json: JSONValue {
    .object([
      "time": .time(time), "kind": .text(kind.rawValue), "subject": .text(subject),
      "detail": detail,
    ])
  }
}

extension CostLedger {
  /// Adds an event to the log: within the batch's transaction, or alone where there is none.
  package func write(_ event: LedgerEvent) throws(LedgerError) {
    sql.event.bind(event.time.microseconds)
    sql.event.bind(event.kind.rawValue)
    sql.event.bind(event.subject.cut(to: LedgerEvent.longestSubject))
    sql.event.bind(event.detail.encoded)
    try sql.event.run()
    newEvents?.append(event)
  }
}

extension String {
  fileprivate func cut(to limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var end = utf8.index(startIndex, offsetBy: limit)
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
