import Metrics
import Record
import Support

extension TallyState {
  /// Adds the request to its quarter of an hour: the one in which it ended.
  mutating func addRollup(_ detail: RequestDetail, of batch: RecordBatch, day: Int32) {
    let quarter = Int32(
      clamping: detail.record.end.microseconds / RollupKey.quarterMicroseconds)
    let status = ClosedLabel.status(detail.record.outcome)
    let sums = Self.sums(of: detail)
    rollup.add(
      sums,
      to: RollupKey(
        quarter: quarter, status: status, provider: detail.provider, model: detail.model,
        route: detail.route, powerLevel: detail.powerLevel, key: detail.key, team: detail.team,
        extras: detail.extras))
    func addSide(_ side: SideRollupKey.Side, _ value: UInt32) {
      guard value != Vocabulary.none else { return }
      rollup.add(
        sums, to: SideRollupKey(side: side, quarter: quarter, status: status, value: value))
    }
    if !detail.record.user.isEmpty {
      addSide(.user, id(.user, detail.record.user, of: batch, day: day))
    }
    if !detail.record.endUser.isEmpty {
      addSide(.endUser, id(.endUser, detail.record.endUser, of: batch, day: day))
    }
    for tag in tags(of: detail.record, in: batch, day: day) { addSide(.tag, tag) }
  }

  private static func sums(of detail: RequestDetail) -> RollupSums {
    let record = detail.record
    var sums = RollupSums()
    if detail.isNew {
      sums.requests = 1
      sums.waited = max(0, record.duration.microseconds)
    }
    if detail.isRetry { sums.retried = 1 }
    if detail.isFallback { sums.fallbacks = 1 }
    guard detail.isBilled else {
      sums.cached = 1
      sums.saved = record.saved.nanodollars
      return sums
    }
    sums.input = record.tokens.input
    sums.output = record.tokens.output
    sums.cacheRead = record.tokens.cacheRead
    sums.cacheWrite = record.tokens.cacheWrite
    sums.reasoning = record.tokens.reasoning
    sums.cost = detail.cost?.nanodollars ?? 0
    sums.unpriced = detail.isUnpriced ? 1 : 0
    return sums
  }
}
