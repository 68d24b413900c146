import HTTP
import Metrics
import Notify
import Record
import Shared
import Source
import Support
import Tally
import TestSupport

@testable import Daemon
@testable import Ledger

/// A pipeline over one growing file and a ledger, driven by hand.
final class Rig {
  let scratch = Scratch()
  let clock: ManualClock
  /// How far the time of day was set off from that of the clock which nobody sets.
  var offset = TimeSpan.seconds(0)
  var settings: PipelineSettings
  /// Bytes read a step.
  var budget = Pipeline.defaultBudget
  private(set) var registry = Registry()
  private(set) var publisher: Publisher?
  private(set) var ledger: CostLedger?
  private(set) var pipeline: Pipeline?
  /// Steps that threw, as a test counts them.
  var failures = 0
  private(set) var problems: [String] = []
  /// Where a test posts bodies; read if `settings.sources` has a push.
  let queue = PushQueue()
  /// Made anew at each start; what it delivers is answered by `answer`.
  private(set) var outbox: OutboxWriter?
  /// Where a test plays the one who forwards to a shared ledger.
  var shared: SharedBoard?
  /// What receivers answer.
  let answer = Locked<@Sendable (ClientRequest) -> ClientResponse>({ _ in
    ClientResponse(status: 200)
  })

  init(
    labels: LabelOptions = LabelOptions(), prices: PriceBook? = nil, clock: ManualClock? = nil
  ) {
    self.clock = clock ?? ManualClock()
    var options = LedgerOptions()
    options.path = scratch.file("ledger.db")
    settings = PipelineSettings(
      sources: [SourceOptions(input: .files(glob: scratch.file("*.jsonl")))], ledger: options,
      labels: labels, prices: prices)
  }

  /// Opens the ledger and restores the pipeline from it, as a start does.
  func start() throws {
    stop()
    let ledger = try CostLedger(options: settings.ledger, role: .owner)
    self.ledger = ledger
    registry = Registry()
    let publisher = Publisher(registry: registry)
    self.publisher = publisher
    let outbox = newOutbox()
    self.outbox = outbox
    pipeline = try Pipeline(
      settings: settings, ledger: ledger, publisher: publisher, outbox: outbox, now: clock.now,
      queue: queue, budget: budget, shared: shared)
  }

  private func newOutbox() -> OutboxWriter {
    let answer = answer
    let delivery = Delivery(send: { request in .success(answer.withLock { $0 }(request)) })
    return OutboxWriter(delivery: delivery, clock: clock.clock, onReport: {})
  }

  /// Drops everything in memory, as a crash does.
  func stop() {
    pipeline = nil
    ledger = nil
  }

  /// Steps until nothing is left to read; starts if need be.
  func run() throws {
    if pipeline == nil { try start() }
    while try step() {}
  }

  /// One step. True if there is more to read.
  func step() throws -> Bool {
    guard let pipeline else { return false }
    let step = try pipeline.step(now: clock.now, steady: clock.now - offset)
    problems += step.problems.map(\.message)
    return step.hasMore
  }

  /// Sets the time of day, forward or back.
  func setClock(by span: TimeSpan) {
    clock.advance(span)
    offset = TimeSpan(microseconds: offset.microseconds + span.microseconds)
  }

  /// What `/metrics` says of tallied series, the log's path left out.
  var text: String {
    String(decoding: registry.render(.text, now: clock.now), as: UTF8.self)
      .replacing(scratch.file("*.jsonl"), with: "LOG")
  }

  var series: Series { Series(text) }

  /// A number from the ledger.
  func query(_ sql: String) throws -> Int64? { try ledger?.database.integer(sql) }
}
