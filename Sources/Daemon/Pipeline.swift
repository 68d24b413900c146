import Budget
import Health
import Ledger
import Notify
import Record
import Shared
import Source
import Support
import Tally

/// The flow: lines → records → sums → ledger → metrics, a batch at a time.
///
/// A batch is one transaction of the ledger, and only what is committed is published. When a commit
/// fails, memory is thrown away and everything starts over from the ledger, as after a crash: there
/// is one way to recover, and it is taken at every start. Owned by the ingest thread.
final class Pipeline {
  /// What a step did.
  struct Step {
    /// More can be read at once.
    var hasMore = false
    var committed = false
    /// Messages for the operator.
    var problems: [PipelineInput.Problem] = []
  }

  /// Bytes read for one batch from one source: a commit of some milliseconds.
  static let defaultBudget = 4 << 20

  let inputs: [PipelineInput]
  private let ledger: CostLedger
  private let settings: PipelineSettings
  private let publisher: Publisher
  private let outbox: OutboxWriter
  private var tally: TallyState
  private var settlement: Settlement
  private var admission: Admission
  private var health: HealthDesk
  private var alarms: AlarmDesk
  private var budgets: BudgetKeeper
  private let shared: SharedBoard?
  /// Nil without a shared ledger.
  private var spool: SpoolDesk?
  private var batch = RecordBatch()
  private var needsRecovery = false
  /// The day on which the tally was restored: unused label values make room on the next one.
  private var day: Int32
  /// The latest time that the clock has shown, and at most a day from now: lines that were written
  /// before it was set back are not from the future.
  private var latestNow: Timestamp
  private var horizon = EventHorizon()
  private let budget: Int

  /// Starts from what `ledger` holds, in place of a pipeline with the inputs `previous`.
  init(
    settings: PipelineSettings, ledger: CostLedger, publisher: Publisher, outbox: OutboxWriter,
    now: Timestamp, queue: PushQueue = PushQueue(), previous: [PipelineInput] = [],
    proxy: ProxyView = ProxyView(), budget: Int = Pipeline.defaultBudget,
    shared: SharedBoard? = nil
  ) throws(LedgerError) {
    self.settings = settings
    self.budget = budget
    self.ledger = ledger
    self.publisher = publisher
    self.outbox = outbox
    self.shared = shared
    spool = try shared.map { board throws(LedgerError) in
      try SpoolDesk(board, settings.ledger, ledger: ledger)
    }
    var inputs: [PipelineInput] = []
    for (index, options) in settings.sources.enumerated() {
      inputs.append(
        PipelineInput(
          options, index: index, metadataNames: settings.labels.metadataNames,
          resume: try ledger.checkpoints(source: options.name), dedup: settings.ledger.dedup,
          queue: queue, now: now, previous: previous))
    }
    self.inputs = inputs
    day = now.day
    latestNow = max(now, try ledger.latestStart() ?? now)
    (tally, settlement, admission) = try settings.restore(from: ledger, now: now)
    health = try HealthDesk(
      settings.health, from: ledger, labels: tally.labels, now: now, proxy: proxy)
    alarms = try AlarmDesk(settings, from: ledger)
    budgets = try BudgetKeeper(
      settings, from: ledger, labels: tally.labels, now: now, isShared: shared != nil)
    for name in budgets.blank {
      Log.warn(
        "budget \(name) begins at nothing: the ledger does not keep what it would take to know"
          + " what was spent before")
    }
    publisher.republish(tally, inputs: inputs)
    budgets.republish(to: publisher.budgets, now: now)
    publisher.update(health)
    tally.markWritten()
    try outbox.load(from: ledger)
    outbox.courier.use(settings.receivers)
  }

  /// Reads what there is and commits it; `now` is the time of day, `steady` that of a clock which
  /// nobody sets.
  ///
  /// Throws what kept the batch from being committed; the same lines are read again at the next step.
  func step(now: Timestamp, steady: Timestamp) throws(LedgerError) -> Step {
    if needsRecovery { try recover(now: now) }
    var step = Step()
    batch.removeAll()
    latestNow = min(max(latestNow, now), now + .days(1))
    let times = PipelineInput.Times(now: now, latest: latestNow, steady: steady)
    // Nothing is read until what was spent before was judged by limits that have changed.
    let mustWait = budgets.hasNewLimit
    step.hasMore = mustWait
    for input in inputs where !mustWait {
      step.hasMore = input.read(into: &batch, budget: budget, at: times) || step.hasMore
      step.problems += input.problems
    }
    if !step.hasMore {
      settlement.limitWaits(from: now)
      admission.limitWaits(from: now)
    }
    let horizon = horizon.advance(by: batch, inputs: inputs, hasMore: step.hasMore, now: now)
    do throws(LedgerError) {
      let hasNews = try ledger.hasNews()
      guard hasWork(now: now, hasMore: step.hasMore, horizon: horizon) || hasNews else {
        health.refresh(now: now, horizon: horizon)
        publisher.update(health)
        return step
      }
      try commit(now: now, hasMore: step.hasMore, horizon: horizon)
    } catch {
      ledger.rollback()
      // At once, so that who waits for this commit is told.
      for input in inputs { input.rewind() }
      outbox.rewind()
      needsRecovery = true
      publisher.budgets.isCurrent = false
      throw error
    }
    publisher.budgets.isCurrent = true
    step.committed = true
    return step
  }

  private func commit(
    now: Timestamp, hasMore: Bool, horizon: Timestamp
  ) throws(LedgerError) {
    if try ledger.begin() { try adoptNews() }
    try admission.admit(&batch, ledger: ledger, now: now, hasMore: hasMore) {
      inputs[Int($1)].count($0, stream: $2, at: $3)
    }
    settlement.settle(&batch)
    settlement.expire(&batch, horizon: horizon)
    tally.add(batch, now: now)
    for input in inputs { tally.add(input.counts, source: input.name, now: now) }
    health.observe(&tally, now: now)
    let news = health.judge(&tally, now: now, horizon: horizon)
    for item in news { try ledger.write(item.event) }
    try alarms.tell(
      health.watch, labels: tally.labels, through: outbox, ledger: ledger, now: now)
    budgets.add(tally, of: batch, now: now)
    try ledger.writeUsage(tally, of: batch, keepDetailsFrom: now - settings.ledger.detail)
    // Who drives a budget is asked of the ledger, which has to know this batch.
    for crossing in try budgets.judge(tally, ledger: ledger, now: now) {
      try tell(crossing, now: now)
    }
    try outbox.write(to: ledger, counting: &tally, now: now)
    try spool?.write(&tally, of: batch, budgets, to: ledger, now: now)
    try ledger.writeSeries(tally)
    try ledger.write(settlement.takeChanges())
    try ledger.write(admission.takeChanges())
    try ledger.write(health.takeChanges())
    for input in inputs { try input.writeCheckpoints(to: ledger) }
    try ledger.commit()
    for input in inputs { input.didCommit() }
    outbox.didCommit()
    let hasNewSecret = spool?.needsRestoring ?? false
    spool?.didCommit()
    for item in news where item.scope == .provider { item.log() }
    if tally.labels.hasReturned || budgets.needsRestoring || hasNewSecret || now.day != day {
      return try restore(now: now, limits: tally.rateLimits)
    }
    publisher.publish(tally, inputs: inputs)
    budgets.publish(to: publisher.budgets, now: now)
    publisher.update(health)
    tally.markWritten()
  }

  /// What probes of the proxy have found.
  var proxy: ProxyView {
    get { health.proxy }
    set { health.see(newValue) }
  }

  /// Counts a crossing, logs it as an event, and posts it to its receivers, all with the batch.
  private func tell(_ crossing: BudgetCrossing, now: Timestamp) throws(LedgerError) {
    tally.addCrossing(budget: crossing.budget, threshold: crossing.threshold, now: now)
    try ledger.write(LedgerEvent(crossing))
    outbox.post(
      Notification(crossing, instance: settings.instance), to: crossing.notify)
  }

  /// Takes over what an import or an operator beside this process has changed.
  private func adoptNews() throws(LedgerError) {
    tally.adopt(try ledger.labelValues())
    tally.adopt(importedRequests: try ledger.importedRequests())
    try outbox.load(from: ledger)
  }

  private func hasWork(now: Timestamp, hasMore: Bool, horizon: Timestamp) -> Bool {
    !batch.isEmpty || inputs.contains { $0.counts != SourceCounts() || $0.awaitsCommit }
      || settlement.isDue(at: horizon) || health.isDue(now: now, horizon: horizon)
      || admission.isDue(at: hasMore ? nil : now) || outbox.hasWork || budgets.isDue(at: now)
      || spool?.hasNews ?? false
      || alarms.isDue(health.watch, labels: tally.labels, now: now)
  }

  private func recover(now: Timestamp) throws(LedgerError) {
    try restore(now: now)
    horizon = EventHorizon()
    needsRecovery = false
  }

  /// Starts from what the ledger holds, where `limits` are not; rows may have other numbers than
  /// before.
  private func restore(
    now: Timestamp, limits: RateLimitBoard? = nil
  ) throws(LedgerError) {
    (tally, settlement, admission) = try settings.restore(from: ledger, now: now)
    if let limits { tally.restore(limits) }
    health = try HealthDesk(
      settings.health, from: ledger, labels: tally.labels, now: now, proxy: health.proxy)
    alarms = try AlarmDesk(settings, from: ledger)
    budgets = try BudgetKeeper(
      settings, from: ledger, labels: tally.labels, now: now, isShared: shared != nil)
    spool = try shared.map { board throws(LedgerError) in
      try SpoolDesk(board, settings.ledger, ledger: ledger)
    }
    day = now.day
    publisher.republish(tally, inputs: inputs)
    budgets.republish(to: publisher.budgets, now: now)
    publisher.update(health)
    tally.markWritten()
  }
}
