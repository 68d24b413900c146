import Glibc
import Health
import Ledger
import Shared
import Source
import Support

/// The thread that owns sources, tally and ledger: it waits, steps the pipeline, and sees to upkeep.
///
/// `@unchecked Sendable`: after `init`, everything but `commands` and `wakeup` is touched only by the
/// one thread that calls `run`, and those two are safe from any thread.
final class IngestThread: @unchecked Sendable {
  /// What another thread may ask for.
  enum Command: Sendable {
    case apply(Order)
    /// What probes of the proxy have found.
    case see(ProxyView)
    /// Keep it for people to look up.
    case note(LedgerEvent)
    case stop
  }

  /// Written lines are waited for this long, so that a burst becomes one batch.
  private static let debounce: useconds_t = 5000
  private static let tick: Int32 = 1000
  /// Paces and measures: the time of day may be set.
  private static let timer = WallClock.monotonic

  private let ledger: CostLedger
  private let publisher: Publisher
  private let clock: WallClock
  private let commands = Locked<[Command]>([])
  private let wakeup: Wakeup
  private let queue: PushQueue
  private let outbox: OutboxWriter
  private let shared: SharedBoard?
  private let onStarted: @Sendable () -> Void
  private let commitTimes: CommitTimes

  private var settings: PipelineSettings
  private var pipeline: Pipeline
  private var watcher = FileWatcher()
  private var gate = LogGate()
  private var upkeep = Upkeep()
  private var lastCommit = Timestamp(microseconds: 0)
  private var isStopping = false

  /// Restores the pipeline from the ledger. `onStarted` is called when the first pass over the
  /// sources begins.
  init(
    settings: PipelineSettings, ledger: CostLedger, publisher: Publisher,
    commitTimes: CommitTimes, clock: WallClock, wakeup: Wakeup, queue: PushQueue,
    outbox: OutboxWriter, shared: SharedBoard?,
    onStarted: @escaping @Sendable () -> Void
  ) throws(LedgerError) {
    self.settings = settings
    self.ledger = ledger
    self.publisher = publisher
    self.commitTimes = commitTimes
    self.clock = clock
    self.onStarted = onStarted
    self.wakeup = wakeup
    self.queue = queue
    self.outbox = outbox
    self.shared = shared
    pipeline = try Pipeline(
      settings: settings, ledger: ledger, publisher: publisher, outbox: outbox, now: clock.now(),
      queue: queue, shared: shared)
  }

  /// Runs until `stop`; to be called on a thread of its own.
  func run() {
    onStarted()
    var hasMore = true
    while !isStopping {
      let event = wait(milliseconds: hasMore ? 0 : Self.tick)
      takeCommands()
      if event.hasNewNames { pipeline.inputs.forEach { $0.requestScan() } }
      upkeep.run(ledger, settings, now: clock.now(), isIdle: !hasMore) {
        report("\($0)", kind: "upkeep")
      }
      if !hasMore, !outbox.hasReports { pace(event) }
      hasMore = step()
      pipeline.inputs.forEach { $0.watch(with: watcher) }
    }
    drain()
    ledger.tidy()
  }

  /// Asks the thread for something, from any other.
  func send(_ command: Command) {
    commands.withLock { $0.append(command) }
    wakeup.send()
  }

  /// Has the thread start over with other settings, and waits for it; nil, or why not. What it has
  /// not begun by then is never done.
  func apply(_ settings: PipelineSettings, within seconds: Int = 10) -> String? {
    let order = Order(settings)
    send(.apply(order))
    return order.wait(seconds: seconds)
  }

  /// Reads on until nothing is left, for at most 4 s, so that a stop leaves little to do.
  private func drain() {
    let deadline = Self.timer.now() + .seconds(4)
    while Self.timer.now() < deadline, step() {}
  }

  private struct Event {
    var isQuiet = false
    var hasNewNames = false
  }

  private func wait(milliseconds: Int32) -> Event {
    var requests = [
      pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: watcher.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    for descriptor in pipeline.inputs.compactMap(\.descriptor) {
      requests.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }
    let ready = poll(&requests, UInt(requests.count), milliseconds)
    var event = Event(isQuiet: ready == 0)
    if ready > 0, requests[0].revents != 0 { wakeup.drain() }
    if ready > 0, requests[1].revents != 0 { event.hasNewNames = watcher.drain().hasNewNames }
    return event
  }

  /// At once when idle, every `commit_interval` under load.
  private func pace(_ event: Event) {
    guard !event.isQuiet else { return }
    let next = lastCommit + settings.ledger.commitInterval
    let wait = (next - Self.timer.now()).microseconds
    usleep(
      max(Self.debounce, useconds_t(clamping: min(max(0, wait), 5_000_000))))
    if watcher.drain().hasNewNames { pipeline.inputs.forEach { $0.requestScan() } }
  }

  /// True if there is more to read at once.
  private func step() -> Bool {
    let begun = Self.timer.now()
    do throws(LedgerError) {
      let step = try pipeline.step(now: clock.now(), steady: begun)
      for problem in step.problems { report(problem.message, kind: problem.kind) }
      if step.committed {
        lastCommit = Self.timer.now()
        commitTimes.observe(lastCommit - begun)
      } else {
        publisher.update(pipeline.inputs)
      }
      return step.hasMore
    } catch {
      report("\(error)", kind: "commit")
      // Nothing is lost meanwhile: the lines stay where they are.
      usleep(500_000)
      return false
    }
  }

  private func takeCommands() {
    for command in commands.withLock({ commands in
      defer { commands = [] }
      return commands
    }) {
      switch command {
      case .stop: isStopping = true
      case .apply(let order): order.perform { restart(with: $0) }
      case .see(let view): pipeline.proxy = view
      case .note(let event): note(event)
      }
    }
  }

  /// Starts over from the ledger with other settings; nil, or why not.
  private func restart(with new: PipelineSettings) -> String? {
    do throws(LedgerError) {
      let next = try Pipeline(
        settings: new, ledger: ledger, publisher: publisher, outbox: outbox, now: clock.now(),
        queue: queue, previous: pipeline.inputs, proxy: pipeline.proxy, shared: shared)
      settings = new
      pipeline = next
      watcher = FileWatcher()
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func note(_ event: LedgerEvent) {
    do throws(LedgerError) {
      try ledger.write(event)
    } catch {
      report("an event is not kept: \(error)", kind: "event")
    }
  }

  private func report(_ message: String, kind: String) {
    guard let suppressed = gate.pass(kind, now: Self.timer.now()) else { return }
    Log.warn(suppressed == 0 ? message : "\(message) (and \(suppressed) like it before)")
  }
}
