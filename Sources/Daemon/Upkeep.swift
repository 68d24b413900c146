import Health
import Ledger
import Support

/// What has to be done to the ledger now and then.
struct Upkeep {
  private var last = Timestamp(microseconds: 0)
  private var blocks = BlockBuilder()
  private static let interval = TimeSpan.minutes(1)

  /// Drops expired rows, a slice each time until none is left; then rests for a minute, or makes
  /// blocks of roll-ups while nothing else is to be done.
  mutating func run(
    _ ledger: CostLedger, _ settings: PipelineSettings, now: Timestamp, isIdle: Bool,
    report: (LedgerError) -> Void
  ) {
    do throws(LedgerError) {
      guard now - last >= Self.interval || now < last else {
        if isIdle { _ = try blocks.step(ledger, now: now) }
        return
      }
      try ledger.dropHealth(evidenceBefore: now - settings.health.longestLookback, now: now)
      if try !ledger.dropExpired(now: now) {
        last = now
        try blocks.plan(ledger, now: now)
      }
    } catch {
      last = now
      blocks = BlockBuilder()
      report(error)
    }
  }
}
