import Ledger
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

  /// Tally and settlement as the ledger knows them.
  func restore(
    from ledger: CostLedger, now: Timestamp
  ) throws(LedgerError) -> (TallyState, Settlement) {
    let contents = try ledger.load()
    let space = LabelSpace(
      options: labels, secret: contents.secret, values: contents.labelValues, today: now.day)
    var tally = TallyState(options: labels, labels: space, prices: prices)
    for series in contents.series { tally.restore(series.family, series.key, series.numbers) }
    for minute in try ledger.recentMinutes(now: now) { tally.restore(minute) }
    let settlement = Settlement(
      settleAfter: sources.map(\.settleAfter), metadataNames: labels.metadataNames,
      restored: contents.waiting)
    return (tally, settlement)
  }
}
