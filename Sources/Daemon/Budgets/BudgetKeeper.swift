import Budget
import Ledger
import Record
import Support
import Tally

/// The budgets of a pipeline: counted requests in, rows and news out. Owned by the ingest thread.
struct BudgetKeeper {
  private var watch: BudgetWatch
  private var keys: KeyDirectory
  private let knownKeys: [KeyProfile]
  private let attributes: [BudgetAttribute]
  private let reading: @Sendable (Dimension, String) -> String
  private let settings: PipelineSettings
  /// Whether spend is added up, judged and shown elsewhere.
  private let isShared: Bool
  /// Of the batch: for each of the tally's details where its own begin.
  private var shares: [BudgetShare] = []
  private var firstShares: [Int] = []
  /// Budgets whose spend from before they began is not known.
  private(set) var blank: [String] = []
  private var outcome = BudgetOutcome()
  private var newKeys: [KeyProfile] = []

  /// For the drivers of more crossings the ledger is not asked in one commit.
  private static let mostQuestions = 20
  private static let other = Array("other".utf8)

  /// Restores the budgets, and takes the spend of new ones from the requests in the ledger.
  init(
    _ settings: PipelineSettings, from ledger: CostLedger, labels: LabelSpace, now: Timestamp,
    isShared: Bool = false
  ) throws(LedgerError) {
    self.settings = settings
    self.isShared = isShared
    let stored = try ledger.openBudgets(settings.budgets.map(\.identity))
    watch = BudgetWatch(rules: settings.budgets, stored: stored, now: now)
    attributes = watch.attributes
    reading = labels.reading
    knownKeys = settings.budgets.isEmpty ? [] : try ledger.budgetKeys()
    keys = KeyDirectory(knownKeys.map(\.id))
    let history = BudgetHistory(labels: labels, settings: settings)
    for (index, budget) in stored.budgets.enumerated() where !budget.isFilled {
      if try !history.fill(&watch, index, from: ledger, now: now) {
        blank.append(settings.budgets[index].name)
      }
      watch.didFill(index)
    }
  }

  func isDue(at now: Timestamp) -> Bool { watch.isDue(at: now) }

  /// Whether limits have to be judged before anything is added.
  var hasNewLimit: Bool { watch.hasNewLimit }

  /// Adds the requests that the tally has just counted.
  mutating func add(_ tally: TallyState, of batch: RecordBatch, now: Timestamp) {
    shares.removeAll(keepingCapacity: true)
    firstShares.removeAll(keepingCapacity: true)
    guard !watch.isEmpty, !tally.details.isEmpty else { return }
    watch.keepsShares = isShared
    watch.begin(at: now)
    for detail in tally.details {
      for (place, attribute) in attributes.enumerated() {
        stage(place, attribute, detail, tally, of: batch)
      }
      watch.record(
        BudgetSpend(
          end: detail.record.end, nanodollars: detail.isBilled ? detail.cost?.nanodollars ?? 0 : 0,
          requests: detail.isNew ? 1 : 0, tokens: detail.isBilled ? detail.record.tokens.total : 0))
      see(detail, tally, of: batch)
      guard isShared else { continue }
      firstShares.append(shares.count)
      shares += watch.takeShares()
    }
  }

  /// What the batch's request at this place among the tally's details adds to budgets.
  func withShares(of place: Int, _ body: (BudgetShare) -> Void) {
    guard place < firstShares.count else { return }
    let end = place + 1 < firstShares.count ? firstShares[place + 1] : shares.count
    for share in shares[firstShares[place]..<end] { body(share) }
  }

  /// What a share's slot stands for in a shared ledger.
  func scope(of slot: Int32) -> SpooledBatch.Scope? {
    watch.origin(of: slot).map { origin in
      SpooledBatch.Scope(budget: origin.budget, text: origin.text, period: origin.period)
    }
  }

  /// Judges what was added, and writes it within the batch's transaction.
  mutating func judge(
    _ tally: TallyState, ledger: CostLedger, now: Timestamp
  ) throws(LedgerError) -> [BudgetCrossing] {
    guard !watch.isEmpty else { return [] }
    outcome = watch.evaluate(at: now)
    newKeys = keys.takeChanges()
    try ledger.write(outcome.changes)
    try ledger.write(newKeys)
    try ledger.forgetSpend(of: outcome.unknown)
    if isShared { return [] }
    let history = BudgetHistory(labels: tally.labels, settings: settings)
    for index in outcome.crossings.indices.prefix(Self.mostQuestions) {
      let crossing = outcome.crossings[index]
      outcome.crossings[index].top = try history.drivers(
        of: crossing, settings.budgets[crossing.rule], from: ledger)
    }
    return outcome.crossings
  }

  /// Whether the spend has to be taken from the ledger again, which restoring does.
  var needsRestoring: Bool { !outcome.unknown.isEmpty }

  /// Shows what the last commit has changed.
  func publish(to board: BudgetBoard, now: Timestamp) {
    guard !watch.isEmpty else { return }
    let changed = isShared ? [] : outcome.changed
    board.update(
      changed.compactMap { watch.status(of: $0, now: now) },
      dropped: isShared ? [] : outcome.dropped, keys: newKeys)
  }

  /// Shows everything anew.
  func republish(to board: BudgetBoard, now: Timestamp) {
    let reading = reading
    board.reset(settings.budgets, keys: knownKeys) { reading($0.dimension, $1) }
    if isShared { return board.share() }
    board.update(
      watch.slots.compactMap { watch.status(of: $0, now: now) }, dropped: [], keys: [])
  }

  private mutating func stage(
    _ place: Int, _ attribute: BudgetAttribute, _ detail: RequestDetail, _ tally: TallyState,
    of batch: RecordBatch
  ) {
    let labels = tally.labels
    func stage(_ range: TextRange) {
      guard !range.isEmpty else { return }
      batch.withBytes(range) { bytes in
        watch.stage(place, bytes) { labels.cleaned(attribute.dimension, $0) }
      }
    }
    switch attribute {
    case .tag: for index in detail.record.tags { stage(batch.texts[Int(index)]) }
    case .route where !detail.hasKnownRoute:
      // What clients ask for is free text: it makes no scopes.
      Self.other.withUnsafeBytes { bytes in watch.stage(place, bytes) { _ in "other" } }
    default: stage(tally.text(of: attribute, detail.record, in: batch))
    }
  }

  /// Notes whose key it was.
  private mutating func see(_ detail: RequestDetail, _ tally: TallyState, of batch: RecordBatch) {
    let record = detail.record
    guard !record.keyID.isEmpty, record.reason != .keyRejected,
      let id = batch.withBytes(record.keyID, { KeyProfile.id($0) })
    else { return }
    func text(_ attribute: BudgetAttribute) -> TextRange {
      tally.text(of: attribute, record, in: batch)
    }
    var fingerprint: UInt64 = 1
    for attribute in [BudgetAttribute.key, .team, .user] {
      fingerprint = batch.withBytes(text(attribute)) { hash64($0, seed: fingerprint) }
    }
    keys.see(id, fingerprint: fingerprint) {
      func label(_ attribute: BudgetAttribute) -> String {
        batch.withBytes(text(attribute)) { tally.labels.cleaned(attribute.dimension, $0) ?? "" }
      }
      return KeyProfile(id: id, key: label(.key), team: label(.team), user: label(.user))
    }
  }
}

extension TallyState {
  /// What the log says of an attribute; empty if nothing. Tags are a list, and not among them.
  fileprivate func text(
    of attribute: BudgetAttribute, _ record: RequestRecord, in batch: RecordBatch
  ) -> TextRange {
    // A key that was rejected is nobody's.
    let isNobodys = record.reason == .keyRejected
    return switch attribute {
    case .provider: record.provider
    case .model: record.model
    case .route: record.route
    case .servedRoute: record.answeringRoute
    case .deployment: record.deployment
    case .powerLevel: powerLevelText(of: record, in: batch)
    case .key where isNobodys, .team where isNobodys: .none
    case .key: record.keyAlias.isEmpty ? record.keyID : record.keyAlias
    case .team: record.teamAlias.isEmpty ? record.teamID : record.teamAlias
    case .user: record.user
    case .endUser: record.endUser
    case .tag: .none
    case .extra(let name): extraText(name, of: record, in: batch)
    }
  }
}
