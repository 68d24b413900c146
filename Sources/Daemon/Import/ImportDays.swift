import Ledger
import Support

/// Which days a run may add to; each is asked for once.
struct ImportDays {
  private let run: Int64
  private let force: Bool
  private var known: [Int32: Bool] = [:]
  private var last: (day: Int32, isOpen: Bool)?

  init(run: Int64, force: Bool) {
    self.run = run
    self.force = force
  }

  mutating func isOpen(_ day: Int32, in ledger: ImportLedger) throws(LedgerError) -> Bool {
    if let last, last.day == day { return last.isOpen }
    let isOpen =
      if let answer = known[day] { answer } else {
        try ledger.open(day: day, run: run, force: force)
      }
    known[day] = isOpen
    last = (day, isOpen)
    return isOpen
  }

  /// Has the day be asked for again: this run adds to it, whatever it held.
  mutating func claim(_ day: Int32, in ledger: ImportLedger) throws(LedgerError) {
    if try isOpen(day, in: ledger) { return }
    _ = try ledger.open(day: day, run: run, force: true)
    known[day] = true
    last = nil
  }
}
