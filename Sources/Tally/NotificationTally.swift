import Metrics
package import Support

/// What came of an attempt to tell a receiver something.
package enum NotificationResult: String, CaseIterable, Sendable {
  case delivered
  /// It failed, and will be tried again.
  case retried
  case givenUp = "given_up"

  /// Its place in the list.
  var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension TallyState {
  /// Counts an attempt to tell `receiver` something.
  package mutating func add(_ result: NotificationResult, receiver: String, now: Timestamp) {
    let receiver = id(.receiver, text: receiver, day: now.day)
    self[.notifications].add(1, to: [receiver, ClosedLabel.notification(result), 0, 0])
  }
}
