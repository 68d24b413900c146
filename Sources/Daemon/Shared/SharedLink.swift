import Config
import Ledger
import Metrics
import Postgres
import Shared
import Support

/// What connects this sidecar with a shared ledger, from the opening of its own ledger to its end.
final class SharedLink: Sendable {
  let board: SharedBoard
  private let forwarder: Forwarder
  private let thread = Locked<WorkerThread?>(nil)

  /// Nil where the configuration names no shared ledger. `onNews` is called when the local ledger
  /// has to be told something.
  init?(
    _ configuration: Configuration, ledger: CostLedger, clock: WallClock,
    onNews: @escaping @Sendable () -> Void
  ) throws(AppError) {
    guard let database = configuration.ledger.database else { return nil }
    guard let wakeup = Wakeup() else { throw .noResources }
    board = SharedBoard(wakeup: wakeup)
    let settings = try AppError.of { () throws(LedgerError) in
      Forwarder.Settings(
        database: database, instance: configuration.instance, ledger: configuration.ledger,
        secret: try ledger.secret(), writer: try ledger.openWriter(newToken: randomID()),
        known: try ledger.spool().last)
    }
    forwarder = Forwarder(settings, board: board, clock: clock, onApplied: onNews)
  }

  /// False if the system has no room for another thread.
  func start() -> Bool {
    let forwarder = forwarder
    guard let started = WorkerThread.start(name: "forward", { forwarder.run() }) else {
      return false
    }
    thread.withLock { $0 = started }
    return true
  }

  /// Forwards what still waits, if the database answers, for at most so long.
  func stop(within limit: TimeSpan) {
    forwarder.stop(within: limit)
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  func collect(into samples: inout CollectedSamples) {
    let state = board.current
    samples.add(.sharedUp, state.isConnected ? 1 : 0)
    samples.add(.spoolBytes, Double(state.bytes))
    samples.add(.spoolAge, state.oldest.map { max(0, (samples.now - $0).seconds) } ?? 0)
    samples.add(.spoolDropped, Double(state.dropped))
    samples.add(.sharedRequests, Double(state.requests))
    samples.add(.sharedDuplicates, Double(state.duplicates))
  }
}

extension LedgerOptions {
  /// How to connect to the shared ledger; nil if there is none.
  var database: PostgresOptions? {
    shared.map { PostgresOptions(url: $0, password: password) }
  }
}
