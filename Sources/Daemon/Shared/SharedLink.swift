import Budget
import Config
import Ledger
import Metrics
import Notify
import Postgres
import Shared
import Support

/// What connects this sidecar with a shared ledger, from the opening of its own ledger to its end.
final class SharedLink: Sendable {
  let board: SharedBoard
  private let forwarder: Forwarder
  private let watch: SharedWatch
  private let budgets: BudgetBoard
  private let courier: CourierTask
  private let threads = Locked<[WorkerThread]>([])

  /// Nil where the configuration names no shared ledger. `onNews` is called when the local ledger
  /// has to be told something.
  init?(
    _ configuration: Configuration, _ settings: PipelineSettings, ledger: CostLedger,
    budgets: BudgetBoard, delivery: Delivery, clock: WallClock,
    onNews: @escaping @Sendable () -> Void
  ) throws(AppError) {
    guard let database = configuration.ledger.database else { return nil }
    guard let wakeup = Wakeup(), let turns = Wakeup() else { throw .noResources }
    board = SharedBoard(wakeup: wakeup)
    let forwarding = try AppError.of { () throws(LedgerError) in
      Forwarder.Settings(
        database: database, instance: configuration.instance, ledger: configuration.ledger,
        secret: try ledger.secret(), writer: try ledger.openWriter(newToken: randomID()),
        known: try ledger.spool().last)
    }
    forwarder = Forwarder(forwarding, board: board, clock: clock, onApplied: onNews)
    self.budgets = budgets
    watch = SharedWatch(
      database, configuration.ledger, instance: configuration.instance, plan: settings.sharedPlan,
      budgets: budgets,
      board: board, delivery: delivery, clock: clock, wakeup: turns, onNews: onNews)
    watch.courier.use(settings.receivers)
    courier = CourierTask(watch.courier)
  }

  /// False if the system has no room for further threads.
  func start() -> Bool {
    let (forwarder, watch) = (forwarder, watch)
    guard let forward = WorkerThread.start(name: "forward", { forwarder.run() }) else {
      return false
    }
    threads.withLock { $0.append(forward) }
    guard let judge = WorkerThread.start(name: "budgets", { watch.run() }) else { return false }
    threads.withLock { $0.append(judge) }
    return true
  }

  /// Sees to other budgets and receivers.
  func apply(_ settings: PipelineSettings) {
    watch.courier.use(settings.receivers)
    watch.apply(settings.sharedPlan)
  }

  /// Forwards what still waits, if the database answers, for at most so long.
  func stop(within limit: TimeSpan) {
    courier.stop(within: limit)
    forwarder.stop(within: limit)
    watch.stop(within: limit)
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
  }

  /// What waits to be delivered from here.
  var pending: [String: Outbox.Pending] { watch.courier.pending }

  func collect(into samples: inout CollectedSamples) {
    let state = board.current
    samples.add(.sharedUp, state.isConnected ? 1 : 0)
    samples.add(.spoolBytes, Double(state.bytes))
    samples.add(.spoolAge, state.oldest.map { max(0, (samples.now - $0).seconds) } ?? 0)
    samples.add(.spoolDropped, Double(state.dropped))
    samples.add(.sharedRequests, Double(state.requests))
    samples.add(.sharedDuplicates, Double(state.duplicates))
    if let age = budgets.viewAge(at: samples.now) { samples.add(.sharedViewAge, age.seconds) }
  }
}

extension LedgerOptions {
  /// How to connect to the shared ledger; nil if there is none.
  var database: PostgresOptions? {
    shared.map { PostgresOptions(url: $0, password: password) }
  }
}
