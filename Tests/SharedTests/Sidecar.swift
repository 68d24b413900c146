import Ledger
import Postgres
import Record
import Support
import TestSupport

@testable import Shared
@testable import Tally

/// A point in time that many tests share: 2026-11-21T12:00:00Z.
let noon = Timestamp(microseconds: 1_795_262_400_000_000)

/// A local ledger that spools, and its connection to a shared one.
final class Sidecar {
  let name: String
  let path: String
  let url: String
  private(set) var ledger: CostLedger
  private var tally: TallyState
  private var batch = RecordBatch()
  private(set) var writer: CostLedger.Writer
  private var known: Int64
  private let board: SharedBoard
  var shared: SharedLedger?

  init(_ name: String, at path: String, url: String) throws {
    self.name = name
    self.path = path
    self.url = url
    var options = LedgerOptions()
    options.path = path
    options.shared = url
    ledger = try CostLedger(options: options, role: .owner)
    ledger.newEvents = []
    let contents = try ledger.load()
    let labels = LabelSpace(
      options: LabelOptions(), secret: contents.secret, values: contents.labelValues,
      today: noon.day)
    tally = TallyState(options: LabelOptions(), labels: labels, prices: nil)
    writer = try ledger.openWriter(newToken: randomID())
    known = try ledger.spool().last
    guard let wakeup = Wakeup() else { fatalError("no descriptors") }
    board = SharedBoard(wakeup: wakeup)
  }

  /// Adds a request of a tenth of a cent.
  func add(
    _ number: UInt64, model: String = "gpt-4o", end: Timestamp = noon,
    _ change: (inout RequestRecord, inout RecordBatch) -> Void = { _, _ in }
  ) {
    let start = end - .seconds(1)
    var record = RequestRecord(
      identity: Identity(start: start, hash: number), start: start, end: end)
    record.id = batch.add("id-\(number)")
    record.provider = batch.add("openai")
    record.model = batch.add(model)
    record.keyAlias = batch.add("svc-\(number % 3)")
    record.attempts = 1
    record.tokens.input = 10
    record.tokens.output = 5
    record.cost = Money(nanodollars: 1_000_000)
    change(&record, &batch)
    batch.requests.append(record)
  }

  /// Commits what was added, and spools it in rows of at most `requests`.
  func commit(requests: Int = .max) throws {
    _ = try ledger.begin()
    tally.add(batch, now: noon)
    try ledger.write(tally, of: batch, keepDetailsFrom: noon - .days(7))
    var packer = SpoolWriter(rows: true)
    func flush(_ events: [LedgerEvent]) throws {
      let count = packer.count
      try ledger.addToSpool(packer.take(events: events), requests: count, now: noon)
    }
    for detail in tally.details {
      let sides = tally.sideValues(of: detail, in: batch, now: noon)
      packer.add(detail, sides: sides, shares: [], of: batch)
      if packer.count >= requests { try flush([]) }
    }
    let events = ledger.newEvents ?? []
    if !packer.isEmpty || !events.isEmpty { try flush(events) }
    ledger.newEvents = []
    try ledger.commit()
    tally.markWritten()
    batch.removeAll()
  }

  /// A row of the spool with these bytes.
  func spool(_ body: [UInt8]) throws {
    _ = try ledger.begin()
    try ledger.addToSpool(body, requests: 1, now: noon)
    try ledger.commit()
  }

  func connect() throws {
    let spool = try SpoolReader(path: path)
    let first = try spool.rows(after: 0, requests: 1, bytes: 1).first?.number
    shared = nil
    shared = try SharedLedger(
      PostgresOptions(url: url), member: SharedLedger.Member(instance: name, writer: writer),
      next: first ?? ledger.spool().last + 1, known: max(known, ledger.spool().last),
      detail: .days(7), isCancelled: { false })
    guard let shared else { return }
    _ = try ledger.begin()
    try ledger.confirm(shared.member.writer)
    try ledger.commit()
  }

  /// Forwards all that waits; what came of it.
  @discardableResult
  func forward(requests: Int = 20_000) throws -> SharedLedger.Outcome {
    if shared == nil { try connect() }
    let spool = try SpoolReader(path: path)
    var sum = SharedLedger.Outcome()
    while let shared {
      let rows = try spool.rows(after: shared.applied, requests: requests, bytes: 1 << 20)
      if rows.isEmpty { break }
      let outcome = try shared.apply(rows, from: spool, now: noon)
      sum.requests += outcome.requests
      sum.duplicates += outcome.duplicates
    }
    return sum
  }

  /// Settings for a thread that forwards.
  func settings() throws -> Forwarder.Settings {
    var options = LedgerOptions()
    options.path = path
    return Forwarder.Settings(
      database: PostgresOptions(url: url), instance: name, ledger: options,
      secret: try ledger.secret(), writer: writer, known: known)
  }
}

/// A database of the test's own on the server that tests share, and what is in it.
struct SharedDatabase {
  let url: String
  private let database: PostgresConnection
  private static let counter = Locked(0)

  init() throws {
    let number = Self.counter.withLock { count in
      count += 1
      return count
    }
    url = PostgresServer.shared.makeDatabase("shared_\(number)")
    database = try PostgresConnection(PostgresOptions(url: url))
  }

  func integer(_ sql: String) throws -> Int64? { try database.query(sql).integer(0, 0) }
  func text(_ sql: String) throws -> String { try database.query(sql).text(0, 0) }
  func execute(_ sql: String) throws { try database.execute(sql) }

  /// Requests and cost of the roll-ups, and how many rows and identities there are.
  var totals: [Int64?] {
    get throws {
      [
        try integer("SELECT sum(requests) FROM sidelight.rollup"),
        try integer("SELECT sum(cost) FROM sidelight.rollup"),
        try integer("SELECT count(*) FROM sidelight.request"),
        try integer("SELECT count(*) FROM sidelight.identity"),
      ]
    }
  }
}
