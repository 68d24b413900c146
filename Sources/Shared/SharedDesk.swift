package import Budget
package import Ledger
package import Postgres
package import Support

/// A connection by which one sidecar sees what all have spent, tells of what was crossed, and delivers
/// what is to be told. Owned by one thread.
///
/// Each budget is judged, and each receiver served, by the sidecar that has the lease for it. A turn
/// is one transaction that holds the rows of its leases: two sidecars never judge a budget at the
/// same time, and what one has told the next one reads.
package final class SharedDesk {
  /// What there is to see to.
  package struct Plan: Sendable {
    package var rules: [BudgetRule]
    /// Names of receivers that can be delivered to from here.
    package var receivers: [String]

    package init(rules: [BudgetRule], receivers: [String]) {
      self.rules = rules
      self.receivers = receivers
    }
  }

  /// What is posted for a crossing: rows of the outbox, and an event.
  package typealias News = (_ crossing: BudgetCrossing) -> (rows: [OutboxRow], event: LedgerEvent)

  /// What a turn has found.
  package struct Turn: Sendable {
    /// False if nothing could be seen yet: no sidecar has forwarded anything.
    package var isView = false
    /// All budgets as they stand.
    package var statuses: [BudgetStatus] = []
    /// What this sidecar told of.
    package var crossings: [BudgetCrossing] = []
    /// What waits for the receivers that this sidecar serves.
    package var letters: [OutboxRow] = []
    /// The receivers that it serves.
    package var receivers: [String] = []
  }

  let database: PostgresConnection
  /// Of this process.
  let holder: String
  let instance: String
  private var secret: [UInt8] = []
  private var known: [BudgetRule] = []

  /// Letters handed out at a time.
  static let mostLetters = 1000

  /// Connects, and sets up the tables if need be; `holder` is this process's alone.
  package init(
    _ options: PostgresOptions, holder: String, instance: String,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(SharedLedgerError) {
    self.holder = holder
    self.instance = instance
    database = try sharing { () throws(PostgresError) in
      try PostgresConnection(options, isCancelled: isCancelled)
    }
    try SharedSchema.prepare(database)
  }

  /// Does all there is to do once: writes what came of deliveries, judges, and looks what waits.
  package func turn(
    _ plan: Plan, reports: [(change: OutboxChange, event: LedgerEvent?)], news: News
  ) throws(SharedLedgerError) -> Turn {
    try sharing { () throws(PostgresError) in
      if secret.isEmpty { secret = try findSecret() }
      // Without it, crossings would have ids of their own.
      guard !secret.isEmpty else { return Turn() }
      // Made before the transaction, so that no sidecar waits for another's turn.
      if known != plan.rules { try open(plan.rules) }
      known = plan.rules
      return try database.transaction { () throws(PostgresError) in
        try turnWithin(plan, reports, news)
      }
    }
  }

  private func turnWithin(
    _ plan: Plan, _ reports: [(change: OutboxChange, event: LedgerEvent?)], _ news: News
  ) throws(PostgresError) -> Turn {
    let now = try databaseTime()
    let names =
      plan.rules.map { Self.lease(of: $0) } + plan.receivers.map { Self.lease(ofReceiver: $0) }
    let held = try takeLeases(names)
    for (place, report) in reports.enumerated() {
      try write(report.change)
      if let event = report.event {
        try database.write(event, by: holder, instance, number: Int64(place), at: now)
      }
    }
    var turn = Turn()
    turn.isView = true
    turn.receivers = plan.receivers.filter { held.contains(Self.lease(ofReceiver: $0)) }
    try judge(plan.rules, held, now, news, &turn)
    turn.letters = try letters(for: turn.receivers)
    return turn
  }

  private func judge(
    _ rules: [BudgetRule], _ held: Set<String>, _ now: Timestamp, _ news: News,
    _ turn: inout Turn
  ) throws(PostgresError) {
    guard !rules.isEmpty else { return }
    let stored = try storedBudgets(rules, now: now)
    var watch = BudgetWatch(rules: rules, stored: stored.budgets, now: now)
    let outcome = watch.evaluate(at: now)
    let mine = Set(rules.indices.filter { held.contains(Self.lease(of: rules[$0])) })
    for crossing in outcome.crossings where mine.contains(crossing.rule) {
      guard try insert(crossing) else { continue }
      let (rows, event) = news(crossing)
      for row in rows { try insert(row) }
      try database.write(
        event, by: crossing.id, instance, number: 0, at: event.time)
      turn.crossings.append(crossing)
    }
    let budgets = Set(mine.map { stored.budgets.budgets[$0].id })
    try write(outcome.changes, of: budgets, stored)
    turn.statuses = watch.slots.compactMap { watch.status(of: $0, now: now) }
  }

  private func databaseTime() throws(PostgresError) -> Timestamp {
    let rows = try database.query(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
    return Timestamp(microseconds: rows.integer(0, 0) ?? 0)
  }

  /// The first sidecar's, by which crossings have the same ids everywhere.
  private func findSecret() throws(PostgresError) -> [UInt8] {
    let rows = try database.query("SELECT value FROM sidelight.meta WHERE key = 'secret'")
    // Whoever forwards puts it there, at the latest with its first request.
    return rows.count == 0 ? [] : rows.bytes(0, 0)
  }

  var crossingSecret: [UInt8] { secret }
}

/// Who does what.
extension SharedDesk {
  /// Who is silent for so long has lost its leases.
  package static let leaseTime = TimeSpan.seconds(15)

  static func lease(of rule: BudgetRule) -> String { "budget/" + rule.identity }
  static func lease(ofReceiver name: String) -> String { "receiver/" + name }

  /// Takes what is free and keeps what it has, in an order that all share; what it has then.
  private func takeLeases(_ names: [String]) throws(PostgresError) -> Set<String> {
    var held: Set<String> = []
    for name in Set(names).sorted() where try takeLease(name) { held.insert(name) }
    return held
  }

  func takeLease(_ name: String) throws(PostgresError) -> Bool {
    let taken = try database.query(
      """
      INSERT INTO sidelight.lease AS l (name, holder, until)
      VALUES ($1, $2, now() + interval '\(Self.leaseTime.microseconds / 1_000_000) seconds')
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
      WHERE l.holder = excluded.holder OR l.until < now()
      """, [PostgresValue(text: name), .text(holder)])
    return taken.changes == 1
  }

  /// Leaves all to others at once.
  package func leave() {
    // If it cannot, they wait until the leases have run out.
    _ = try? database.query("DELETE FROM sidelight.lease WHERE holder = $1", [.text(holder)])
  }
}

extension PostgresConnection {
  /// Adds an event to the log; a repetition changes nothing.
  func write(
    _ event: LedgerEvent, by writer: String, _ instance: String, number: Int64, at time: Timestamp
  ) throws(PostgresError) {
    _ = try query(
      """
      INSERT INTO sidelight.event(time, writer, number, instance, kind, subject, detail)
      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
      """,
      [
        .integer(time.microseconds), .text(writer), .integer(number),
        PostgresValue(text: instance), .text(event.kind.rawValue),
        PostgresValue(text: event.subject), PostgresValue(text: event.detail.encoded),
      ])
  }
}
