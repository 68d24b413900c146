import Ledger
import Support

/// Which days a run may add to; each is asked for once.
struct ImportDays {
  private let run: Int64
  private let force: Bool
  private var known: [Int32: Bool] = [:]
  private var last: (day: Int32, isOpen: Bool)?
  /// This run's days that the ledger does not know yet.
  private var new: [Int32] = []

  init(run: Int64, force: Bool) {
    self.run = run
    self.force = force
  }

  /// Whether a day was empty when this run first added to it, or is to be added to in any case.
  mutating func isOpen(_ day: Int32, in ledger: ImportLedger) throws(LedgerError) -> Bool {
    if let last, last.day == day { return last.isOpen }
    if known[day] == nil {
      let isOwn = try ledger.owns(day, run: run)
      let isEmpty = try ledger.isEmpty(day)
      let isOpen = isOwn || isEmpty || force
      known[day] = isOpen
      if isOpen && !isOwn { new.append(day) }
    }
    let isOpen = known[day] ?? false
    last = (day, isOpen)
    return isOpen
  }

  /// Has the run add to a day, whatever it holds.
  mutating func open(_ day: Int32, in ledger: ImportLedger) throws(LedgerError) {
    if try isOpen(day, in: ledger) { return }
    known[day] = true
    last = nil
    new.append(day)
  }

  /// Has the ledger remember the days that are new.
  mutating func write(to ledger: ImportLedger) throws(LedgerError) {
    for day in new { try ledger.add(day, run: run) }
    new.removeAll()
  }
}
