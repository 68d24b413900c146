import Health
import Ledger
import Notify
import Support
import Tally

/// Tells receivers that ask for it of providers that are unhealthy or have recovered.
struct AlarmDesk {
  private var alarms: ProviderAlarms
  private let instance: String
  /// Names of receivers by what they ask for.
  private let listeners: [Notification.Kind: [String]]

  /// Goes on from what the ledger says was told.
  init(_ settings: PipelineSettings, from ledger: CostLedger) throws(LedgerError) {
    alarms = ProviderAlarms(
      told: try ledger.toldAlarms(), hold: settings.health.notifyAfter)
    instance = settings.instance
    listeners = settings.listeners
  }

  /// Whether there is something to tell.
  func isDue(_ watch: HealthWatch, labels: LabelSpace, now: Timestamp) -> Bool {
    !listeners.isEmpty && alarms.isDue(subjects(watch, labels), now: now)
  }

  /// Posts what there is to tell, and writes down that it is told, both with the batch.
  mutating func tell(
    _ watch: HealthWatch, labels: LabelSpace, through outbox: OutboxWriter, ledger: CostLedger,
    now: Timestamp
  ) throws(LedgerError) {
    guard !listeners.isEmpty else { return }
    let told = alarms.told
    let news = alarms.judge(subjects(watch, labels), instance: instance, now: now)
    for notification in news {
      outbox.post(notification, to: listeners[notification.kind] ?? [])
    }
    if alarms.told != told { try ledger.write(toldAlarms: alarms.told) }
  }

  private func subjects(_ watch: HealthWatch, _ labels: LabelSpace) -> [ProviderAlarms.Subject] {
    watch.subjects.compactMap { subject in
      guard subject.scope == .provider, let since = subject.state.since else { return nil }
      return ProviderAlarms.Subject(
        provider: labels.text(Dimension.provider, subject.id), level: subject.state.level,
        since: since, errorRatio: subject.errorRatio, reason: subject.lastReason)
    }
  }
}
