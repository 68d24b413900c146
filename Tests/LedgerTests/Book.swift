import Metrics
import Record
import Support
import Tally
import TestSupport

@testable import Ledger

/// A point in time that many tests share: 2026-11-21T12:00:00Z.
let noon = Timestamp(microseconds: 1_795_262_400_000_000)

/// A ledger with a tally of its own, as a daemon or an import has.
final class Book {
  let ledger: CostLedger
  private(set) var tally: TallyState
  private(set) var batch = RecordBatch()
  let options: LedgerOptions

  init(_ scratch: Scratch, role: CostLedger.Role = .owner) throws(LedgerError) {
    var options = LedgerOptions()
    options.path = scratch.file("ledger.db")
    self.options = options
    ledger = try CostLedger(options: options, role: role)
    tally = try Self.load(ledger)
  }

  private static func load(_ ledger: CostLedger) throws(LedgerError) -> TallyState {
    let contents = try ledger.load()
    let labels = LabelSpace(
      options: LabelOptions(), secret: contents.secret, values: contents.labelValues,
      today: noon.day)
    var tally = TallyState(options: LabelOptions(), labels: labels, prices: nil)
    for series in contents.series { tally.restore(series.family, series.key, series.numbers) }
    tally.markWritten()
    return tally
  }

  /// Adds a request of a tenth of a cent.
  func add(
    _ number: UInt64, model: String = "gpt-4o", user: String = "", end: Timestamp = noon,
    _ change: (inout RequestRecord, inout RecordBatch) -> Void = { _, _ in }
  ) {
    let start = end - .seconds(1)
    var record = RequestRecord(
      identity: Identity(start: start, hash: number), start: start, end: end)
    record.id = batch.add("id-\(number)")
    record.provider = batch.add("openai")
    record.model = batch.add(model)
    record.user = batch.add(user)
    record.attempts = 1
    record.tokens.input = 10
    record.tokens.output = 5
    record.cost = Money(nanodollars: 1_000_000)
    change(&record, &batch)
    batch.requests.append(record)
  }

  /// Commits what was added; how many rows that wrote.
  @discardableResult
  func commit(keepDetailsFrom: Timestamp = noon - .days(7)) throws(LedgerError) -> Int64 {
    let before = try changes()
    if try ledger.begin() { tally.adopt(try ledger.labelValues()) }
    for index in batch.requests.indices where try !ledger.admit(batch.requests[index].identity) {
      batch.requests[index].form = .void
    }
    tally.add(batch, now: noon)
    try ledger.write(tally, of: batch, keepDetailsFrom: keepDetailsFrom)
    try ledger.commit()
    tally.markWritten()
    batch.removeAll()
    return try changes() - before
  }

  /// Rows written by this connection since it was opened.
  private func changes() throws(LedgerError) -> Int64 { try query("SELECT total_changes()") }

  func query(_ sql: String) throws(LedgerError) -> Int64 { try ledger.database.integer(sql) ?? 0 }

  /// A family's series as the ledger holds them.
  func stored(_ family: Family) throws(LedgerError) -> [String: [Int64]] {
    let tally = try Self.load(ledger)
    var values: [String: [Int64]] = [:]
    for (row, key) in tally[family].index.keys.enumerated() {
      let name = tally.texts(of: key, in: family).joined(separator: "|")
      values[name] = Array(tally[family].numbers(of: row))
    }
    return values
  }
}
