import Health
import Notify
import Record
import Support

/// Of which providers people were told that they are unhealthy.
///
/// A level has to hold for a while before anybody is told of it, so that one that comes and goes is
/// not told at all. Pure: it is asked at each batch, and the ledger keeps what was told.
struct ProviderAlarms {
  /// A provider as it is judged now.
  struct Subject {
    var provider: String
    var level: HealthLevel
    /// When it came to this level.
    var since: Timestamp
    var errorRatio: Double?
    var reason: Reason?
  }

  /// Since when, by provider.
  private(set) var told: [String: Timestamp]
  private let hold: TimeSpan

  init(told: [String: Timestamp], hold: TimeSpan) {
    self.told = told
    self.hold = hold
  }

  /// Whether `judge` would tell something.
  func isDue(_ subjects: [Subject], now: Timestamp) -> Bool {
    subjects.contains { news(of: $0, now: now) != nil }
  }

  /// What is to be told now, each once.
  mutating func judge(
    _ subjects: [Subject], instance: String, now: Timestamp
  ) -> [Notification] {
    subjects.compactMap { subject in
      guard let content = news(of: subject, now: now) else { return nil }
      told[subject.provider] = subject.level == .unhealthy ? subject.since : nil
      let id = Notification.stableID([
        "provider", subject.provider, subject.level.name, "\(subject.since.microseconds)",
      ])
      return Notification(id: id, time: now, instance: instance, content: content)
    }
  }

  private func news(of subject: Subject, now: Timestamp) -> Notification.Content? {
    guard now - subject.since >= hold else { return nil }
    let isTold = told[subject.provider] != nil
    switch subject.level {
    case .unhealthy where !isTold: return .providerUnhealthy(subject.notice(was: "healthy"))
    case .healthy where isTold: return .providerRecovered(subject.notice(was: "unhealthy"))
    // Degraded is neither, and that nothing is known is no recovery.
    default: return nil
    }
  }
}

extension ProviderAlarms.Subject {
  fileprivate func notice(was previous: String) -> ProviderNotice {
    ProviderNotice(
      provider: provider, state: level.name, previous: previous, since: since,
      errorRatio: level == .unhealthy ? errorRatio : nil,
      reason: level == .unhealthy ? reason?.name ?? "" : "")
  }
}
