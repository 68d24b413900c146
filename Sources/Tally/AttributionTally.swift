import Metrics
import Record
import Support

/// Who is asked to pay: the families of one attribution.
private struct Spender {
  var requests: Family
  var cost: Family
  var tokens: Family
}

extension TallyState {
  /// Requests, cost and tokens by key, team, user, end user and tag, as far as they are asked for.
  mutating func addAttribution(_ detail: RequestDetail, of batch: RecordBatch, day: Int32) {
    if attributed.contains(.key) {
      let place: SeriesKey = [detail.key, detail.team, 0, 0]
      add(detail, to: Spender(requests: .keyRequests, cost: .keyCost, tokens: .keyTokens), place)
      if detail.key > Vocabulary.other {
        self[.keyLastUsed].raise(
          [detail.key, 0, 0, 0], to: detail.record.end.microseconds)
      }
    }
    if attributed.contains(.team) {
      add(
        detail, to: Spender(requests: .teamRequests, cost: .teamCost, tokens: .teamTokens),
        [detail.team, 0, 0, 0])
    }
    if attributed.contains(.user) {
      let user = id(.user, detail.record.user, of: batch, day: day)
      add(
        detail, to: Spender(requests: .userRequests, cost: .userCost, tokens: .userTokens),
        [user, 0, 0, 0])
    }
    if attributed.contains(.endUser) {
      let user = id(.endUser, detail.record.endUser, of: batch, day: day)
      add(
        detail, to: Spender(requests: .endUserRequests, cost: .endUserCost, tokens: .endUserTokens),
        [user, 0, 0, 0])
    }
    if attributed.contains(.tag) {
      noteTags(of: detail.record, in: batch, day: day)
      for place in tags.indices {
        add(
          detail, to: Spender(requests: .tagRequests, cost: .tagCost, tokens: .tagTokens),
          [tags[place], 0, 0, 0])
      }
    }
    for extra in options.extra { add(detail, extra, of: batch, day: day) }
  }

  /// Sets `tags` to a request's, each once: several may read `other`.
  mutating func noteTags(of record: RequestRecord, in batch: RecordBatch, day: Int32) {
    tags.removeAll(keepingCapacity: true)
    for index in record.tags {
      let tag = id(.tag, batch.texts[Int(index)], of: batch, day: day)
      if !tags.contains(tag) { tags.append(tag) }
    }
  }

  private mutating func add(_ detail: RequestDetail, to spender: Spender, _ place: SeriesKey) {
    let last = place.y == 0 && spender.requests != .keyRequests ? 1 : 2
    if detail.isNew {
      var key = place
      key[last] = ClosedLabel.status(detail.record.outcome)
      self[spender.requests].add(1, to: key)
    }
    guard detail.isBilled, detail.record.tokens.total > 0 || detail.cost != nil else { return }
    if let cost = detail.cost { self[spender.cost].add(cost.nanodollars, to: place) }
    for (type, count) in [
      (ClosedLabel.input, detail.record.tokens.input),
      (ClosedLabel.output, detail.record.tokens.output),
    ] {
      var key = place
      key[last] = type
      self[spender.tokens].add(count, to: key)
    }
  }

  private mutating func add(
    _ detail: RequestDetail, _ extra: LabelOptions.Extra, of batch: RecordBatch, day: Int32
  ) {
    let name = id(.name, text: extra.name, day: day)
    let text = value(of: extra.selector, detail.record, in: batch)
    let place: SeriesKey = [name, id(.value, text, of: batch, day: day), 0, 0]
    if detail.isNew { self[.extraRequests].add(1, to: place) }
    if detail.isBilled, let cost = detail.cost {
      self[.extraCost].add(cost.nanodollars, to: place)
    }
  }

  /// The configured extra labels' values as one value, `name=value` joined by commas.
  mutating func extras(of record: RequestRecord, in batch: RecordBatch, day: Int32) -> UInt32 {
    guard !options.extra.isEmpty else { return Vocabulary.none }
    let text = options.extra.map { extra in
      let value = batch.withBytes(value(of: extra.selector, record, in: batch)) {
        labels.cleaned(.value, $0) ?? "none"
      }
      return "\(extra.name)=\(value)"
    }.joined(separator: ",")
    return id(.extras, text: text, day: day)
  }
}
