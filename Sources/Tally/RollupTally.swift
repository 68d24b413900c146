import Metrics
package import Record
package import Support

extension TallyState {
  /// Adds the request to its quarter of an hour: the one in which it ended.
  mutating func addRollup(_ detail: RequestDetail, of batch: RecordBatch, day: Int32) {
    let quarter = Int32(
      clamping: detail.record.end.microseconds / RollupKey.quarterMicroseconds)
    let status = detail.status
    let sums = detail.sums
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
}

extension RequestDetail {
  /// The id of its outcome as a label.
  package var status: UInt32 { ClosedLabel.status(record.outcome) }

  /// What it adds to its row of the roll-ups.
  package var sums: RollupSums {
    var sums = RollupSums()
    if isNew {
      sums.usual.requests = 1
      sums.usual.waited = max(0, record.duration.microseconds)
    }
    if isRetry { sums.rare.retried = 1 }
    if isFallback { sums.rare.fallbacks = 1 }
    guard isBilled else {
      sums.rare.cached = 1
      sums.rare.saved = record.saved.nanodollars
      return sums
    }
    sums.usual.input = record.tokens.input
    sums.usual.output = record.tokens.output
    sums.rare.cacheRead = record.tokens.cacheRead
    sums.rare.cacheWrite = record.tokens.cacheWrite
    sums.rare.reasoning = record.tokens.reasoning
    sums.usual.cost = cost?.nanodollars ?? 0
    sums.rare.unpriced = isUnpriced ? 1 : 0
    return sums
  }
}

/// A request's values of the labels that have roll-ups of their own; 0 is none.
package struct SideValues: Sendable, Equatable {
  package var user: UInt32 = 0
  package var endUser: UInt32 = 0
  package var tags: [UInt32] = []
}

extension TallyState {
  /// The values under which a counted request of the batch was added.
  package mutating func sideValues(
    of detail: RequestDetail, in batch: RecordBatch, now: Timestamp
  ) -> SideValues {
    let record = detail.record
    var values = SideValues()
    values.user = knownID(.user, record.user, of: batch, day: now.day)
    values.endUser = knownID(.endUser, record.endUser, of: batch, day: now.day)
    guard !record.tags.isEmpty else { return values }
    noteTags(of: record, in: batch, day: now.day)
    values.tags = tags.filter { $0 != Vocabulary.none }
    return values
  }
}
