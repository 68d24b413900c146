import Budget
import Glibc
import Ledger
import Notify
import Postgres
import Shared
import Support

/// The thread that shows how budgets stand in the shared ledger, tells of crossings, and delivers what
/// is to be told from there.
///
/// `@unchecked Sendable`: after `init`, what changes is touched only by the one thread that calls
/// `run`, but for `plan`, `reports`, `isStopping` and `wakeup`, which are safe from any.
final class SharedWatch: @unchecked Sendable {
  let courier: Courier
  private let database: PostgresOptions
  private let ledger: LedgerOptions
  private let instance: String
  private let budgets: BudgetBoard
  private let board: SharedBoard
  private let clock: WallClock
  private let onNews: @Sendable () -> Void
  private let plan: Locked<SharedDesk.Plan>
  private let reports = Locked<[Courier.Report]>([])
  /// From when on nothing is waited for.
  private let isStopping = Locked(Timestamp?.none)
  private let wakeup: Wakeup
  private let holder = randomID()

  private var desk: SharedDesk?
  private var lastTurn: Timestamp?
  private var gate = LogGate()
  private var failures = 0
  private var nextUpkeep = Timestamp(microseconds: 0)

  /// Between two turns, unless one takes long.
  private static let interval = TimeSpan.seconds(1)
  /// Without a turn for so long it delivers nothing: another may serve the receivers soon.
  private static let patience = TimeSpan.seconds(10)
  /// Between two looks for what has become too old, unless there is more.
  private static let upkeep = TimeSpan.minutes(1)
  private static let timer = WallClock.monotonic

  init(
    _ database: PostgresOptions, _ ledger: LedgerOptions, instance: String, plan: SharedDesk.Plan,
    budgets: BudgetBoard,
    board: SharedBoard, delivery: Delivery, clock: WallClock, wakeup: Wakeup,
    onNews: @escaping @Sendable () -> Void
  ) {
    self.database = database
    self.ledger = ledger
    self.instance = instance
    self.budgets = budgets
    self.board = board
    self.clock = clock
    self.onNews = onNews
    self.wakeup = wakeup
    self.plan = Locked(plan)
    let reports = reports
    courier = Courier(delivery: delivery, clock: clock) { report in
      reports.withLock { $0.append(report) }
      wakeup.send()
    }
  }

  /// Sees to other budgets and receivers from the next turn on.
  func apply(_ plan: SharedDesk.Plan) {
    self.plan.withLock { $0 = plan }
    wakeup.send()
  }

  /// Has it end after a last turn, which may take so long.
  func stop(within limit: TimeSpan) {
    isStopping.withLock { $0 = Self.timer.now() + limit }
    wakeup.send()
  }

  /// Takes turns until `stop`; to be called on a thread of its own.
  func run() {
    var isLast = false
    while true {
      let begun = Self.timer.now()
      do throws(SharedLedgerError) {
        try turn()
        failures = 0
        if !isLast { try seeToUpkeep() }
      } catch {
        fail(error)
        if isLast { break }
      }
      if isLast { break }
      // A view that takes long to look at is looked at less often.
      let taken = (Self.timer.now() - begun).microseconds
      rest(max(Self.interval, TimeSpan(microseconds: taken * 4)))
      isLast = isStopping.withLock { $0 } != nil
    }
    desk?.leave()
    desk = nil
  }

  private var mustEnd: Bool { isStopping.withLock { $0 }.map { Self.timer.now() >= $0 } ?? false }

  private func turn() throws(SharedLedgerError) {
    if desk == nil {
      desk = try SharedDesk(
        database, holder: holder, instance: instance,
        isCancelled: { [weak self] in self?.mustEnd ?? true })
    }
    guard let desk else { return }
    let plan = plan.withLock { $0 }
    let reports = reports.withLock { $0 }
    let turn = try desk.turn(
      plan, reports: reports.map { (OutboxChange($0), LedgerEvent($0)) }
    ) { crossing in
      let notification = Notification(crossing, instance: instance)
      return (notification.rows(for: crossing.notify), LedgerEvent(crossing))
    }
    guard turn.isView else { return }
    self.reports.withLock { $0.removeFirst(reports.count) }
    lastTurn = Self.timer.now()
    budgets.show(turn.statuses, of: plan.rules, at: clock.now())
    courier.settle(reports.map(\.outcome.entry.number))
    courier.adopt(turn.letters.map(Courier.Letter.init))
    guard !turn.crossings.isEmpty || !reports.isEmpty else { return }
    board.update { board in
      board.crossings += turn.crossings
      board.deliveries += reports.map { ($0.result, $0.outcome.entry.receiver) }
    }
    for report in reports where report.outcome.step == .giveUp {
      Log.error(
        "message \(report.outcome.entry.number) to \(report.outcome.entry.receiver),"
          + " \(report.title.quoted), is given up (\(report.text))")
    }
    onNews()
  }

  private func seeToUpkeep() throws(SharedLedgerError) {
    let now = Self.timer.now()
    guard let desk, now >= nextUpkeep else { return }
    if try !desk.dropExpired(ledger, now: clock.now()) { nextUpkeep = now + Self.upkeep }
  }

  private func fail(_ error: SharedLedgerError) {
    failures += 1
    desk = nil
    if let held = gate.pass("turn", now: Self.timer.now()) {
      Log.warn(
        held == 0 ? "budgets: \(error)" : "budgets: \(error) (and \(held) like it before)")
    }
    guard lastTurn.map({ Self.timer.now() - $0 > Self.patience }) ?? true else { return }
    courier.adopt([])
  }

  private func rest(_ span: TimeSpan) {
    let deadline = Self.timer.now() + span
    while isStopping.withLock({ $0 }) == nil {
      let left = (deadline - Self.timer.now()).microseconds / 1000
      guard left > 0 else { return }
      var request = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, Int32(min(left, 1000))) > 0 else { continue }
      wakeup.drain()
      // What was delivered is written down soon, so that the next message can go.
      if !reports.withLock({ $0.isEmpty }), failures == 0 { return }
    }
  }
}

extension PipelineSettings {
  /// What there is to see to in a shared ledger.
  var sharedPlan: SharedDesk.Plan {
    SharedDesk.Plan(rules: budgets, receivers: receivers.keys.sorted())
  }
}
