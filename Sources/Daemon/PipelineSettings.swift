import Budget
import Health
import Ledger
import Notify
import Record
import Source
import Support
import Tally

/// What the pipeline takes from the configuration.
struct PipelineSettings: Sendable {
  var sources: [SourceOptions]
  var ledger: LedgerOptions
  var labels: LabelOptions
  var prices: PriceBook?
  var budgets: [BudgetRule] = []
  /// What this Sidelight calls itself.
  var instance = "localhost"
  /// By name.
  var receivers: [String: any Receiver] = [:]
  /// Names of receivers by what they are told besides budgets.
  var listeners: [Notification.Kind: [String]] = [:]
  var health = HealthOptions()

  /// Tally, settlement and admission as the ledger knows them.
  func restore(
    from ledger: CostLedger, now: Timestamp
  ) throws(LedgerError) -> (TallyState, Settlement, Admission) {
    let contents = try ledger.load()
    let space = LabelSpace(
      options: labels, secret: contents.secret, values: contents.labelValues, today: now.day)
    var tally = TallyState(options: labels, labels: space, prices: prices)
    for series in contents.series { tally.restore(series.family, series.key, series.numbers) }
    for minute in try ledger.recentMinutes(now: now) { tally.restore(minute) }
    let settlement = Settlement(
      settleAfter: sources.map(\.settleAfter), metadataNames: labels.metadataNames,
      restored: contents.waiting)
    let ranking = FormatRanking(
      sources: sources, dedup: self.ledger.dedup, metadataNames: labels.metadataNames,
      restored: contents.held)
    return (tally, settlement, Admission(ranking: ranking, dedup: self.ledger.dedup))
  }
}
