import Ledger
import Support

/// What has to be done to the ledger now and then, when nothing else is to do.
struct Upkeep {
  private var last = Timestamp(microseconds: 0)
  private static let interval = TimeSpan.minutes(1)

  /// Drops expired rows a slice at a time: the next quiet moment goes on where this one stopped.
  mutating func run(_ ledger: CostLedger, now: Timestamp, report: (String) -> Void) {
    guard now - last >= Self.interval || now < last else { return }
    do throws(LedgerError) {
      if try !ledger.dropExpired(now: now) { last = now }
    } catch {
      last = now
      report("\(error)")
    }
  }
}
