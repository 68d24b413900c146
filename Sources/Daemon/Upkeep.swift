import Health
import Ledger
import Support

/// What has to be done to the ledger now and then.
struct Upkeep {
  private var last = Timestamp(microseconds: 0)
  private static let interval = TimeSpan.minutes(1)

  /// Drops expired rows, a slice each time until none is left; then rests for a minute.
  mutating func run(
    _ ledger: CostLedger, _ settings: PipelineSettings, now: Timestamp,
    report: (LedgerError) -> Void
  ) {
    guard now - last >= Self.interval || now < last else { return }
    do throws(LedgerError) {
      try ledger.dropHealth(evidenceBefore: now - settings.health.longestLookback, now: now)
      if try !ledger.dropExpired(now: now) { last = now }
    } catch {
      last = now
      report(error)
    }
  }
}
