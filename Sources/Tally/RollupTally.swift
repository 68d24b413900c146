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
    noteTags(of: detail.record, in: batch, day: day)
    for place in tags.indices { addSide(.tag, tags[place]) }
  }

  private static func sums(of detail: RequestDetail) -> RollupSums {
    let record = detail.record
    var sums = RollupSums()
    if detail.isNew {
      sums.usual.requests = 1
      sums.usual.waited = max(0, record.duration.microseconds)
    }
    if detail.isRetry { sums.rare.retried = 1 }
    if detail.isFallback { sums.rare.fallbacks = 1 }
    guard detail.isBilled else {
      sums.rare.cached = 1
      sums.rare.saved = record.saved.nanodollars
      return sums
    }
    sums.usual.input = record.tokens.input
    sums.usual.output = record.tokens.output
    sums.rare.cacheRead = record.tokens.cacheRead
    sums.rare.cacheWrite = record.tokens.cacheWrite
    sums.rare.reasoning = record.tokens.reasoning
    sums.usual.cost = detail.cost?.nanodollars ?? 0
    sums.rare.unpriced = detail.isUnpriced ? 1 : 0
    return sums
  }
}
