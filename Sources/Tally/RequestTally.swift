import Metrics
package import Record
import Support

extension TallyState {
  mutating func add(_ record: RequestRecord, of batch: RecordBatch, day: Int32) {
    let detail = resolve(record, of: batch, day: day)
    if detail.isNew {
      addOutcome(detail)
    } else if detail.isServed {
      self[.settledLate].add(1, to: .zero)
    }
    addWayThere(detail)
    addUsage(detail)
    addLatency(detail, of: batch)
    if record.provider.count > 0 { rateLimits.see(detail) }
    addAttribution(detail, of: batch, day: day)
    addRollup(detail, of: batch, day: day)
    details.append(detail)
  }

  mutating func resolve(
    _ record: RequestRecord, of batch: RecordBatch, day: Int32
  ) -> RequestDetail {
    var detail = RequestDetail(record: record)
    detail.provider = id(.provider, record.provider, of: batch, day: day)
    detail.model = id(.model, record.model, of: batch, day: day)
    let answering = record.answeringRoute
    detail.servedRoute = id(.route, answering, of: batch, day: day)
    // What a client asked for is free text: it is a label only if something else names it too.
    detail.route =
      record.route == answering
      ? detail.servedRoute : knownID(.route, record.route, of: batch, day: day)
    detail.deployment = id(.deployment, record.deployment, of: batch, day: day)
    if let failure = record.firstFailure {
      detail.firstProvider = id(.provider, failure.provider, of: batch, day: day)
      detail.firstModel = id(.model, failure.model, of: batch, day: day)
    }
    detail.reason =
      record.firstFailure?.reason ?? (record.fallbacks > 0 ? .noDeployment : record.reason)
    detail.powerLevel = powerLevel(of: record, in: batch, day: day)
    if record.reason != .keyRejected {
      let key = record.keyAlias.isEmpty ? record.keyID : record.keyAlias
      let team = record.teamAlias.isEmpty ? record.teamID : record.teamAlias
      detail.key = id(.key, key, of: batch, day: day)
      detail.team = id(.team, team, of: batch, day: day)
    }
    detail.extras = extras(of: record, in: batch, day: day)
    detail.cost = record.cost
    if detail.cost == nil, record.tokens.total > 0, detail.isBilled {
      detail.cost = price(detail, of: batch)
    }
    return detail
  }

  /// Requests and failures.
  private mutating func addOutcome(_ detail: RequestDetail) {
    let record = detail.record
    let status = ClosedLabel.status(record.outcome)
    self[.requests].add(1, to: [detail.provider, detail.model, detail.powerLevel, status])
    if record.outcome == .failure {
      let reason = detail.reason ?? .unknown
      self[.requestFailures].add(
        1,
        to: [
          detail.provider, detail.model, ClosedLabel.fault(reason), ClosedLabel.reason(reason),
        ])
      if record.fallbacks > 0 {
        self[.fallbacksExhausted].add(
          1, to: [detail.firstProvider, ClosedLabel.reason(reason), 0, 0])
      }
    }
    if record.attempts > 0 {
      recent.addRequest(
        at: record.end, route: detail.route, failed: record.outcome == .failure,
        fellBack: detail.isFallback)
    }
  }

  /// What it took until somebody answered: the answering attempt, retries and fallbacks.
  private mutating func addWayThere(_ detail: RequestDetail) {
    let record = detail.record
    let reason = ClosedLabel.reason(detail.reason ?? .unknown)
    if detail.isFallback {
      self[.fallbacks].add(1, to: [detail.firstProvider, detail.provider, reason, 0])
      self[.routeFallbacks].add(1, to: [detail.route, detail.servedRoute, reason, 0])
    } else if detail.isRetry {
      let first = record.firstFailure != nil
      self[.retriedRequests].add(
        1,
        to: [
          first ? detail.firstProvider : detail.provider, first ? detail.firstModel : detail.model,
          reason, 0,
        ])
    }
    guard detail.isServed, detail.isBilled, record.attempts > 0, detail.provider != 0 else {
      return
    }
    let result = record.outcome == .success ? ClosedLabel.success : ClosedLabel.cancelled
    self[.attempts].add(1, to: [detail.provider, detail.model, result, 0])
    self[.deploymentAttempts].add(1, to: [detail.deployment, detail.servedRoute, result, 0])
    noteSuccess(detail)
  }

  /// Tokens and money.
  private mutating func addUsage(_ detail: RequestDetail) {
    let record = detail.record
    let served: SeriesKey = [detail.provider, detail.model, 0, 0]
    guard detail.isBilled else {
      self[.cachedRequests].add(1, to: served)
      self[.costSaved].add(record.saved.nanodollars, to: served)
      return
    }
    let tokens = record.tokens
    if record.outcome == .success || tokens.total > 0 {
      addTokens(tokens.input, ClosedLabel.input, detail)
      addTokens(tokens.output, ClosedLabel.output, detail)
      addDetails(tokens.cacheRead, ClosedLabel.cacheRead, detail)
      addDetails(tokens.cacheWrite, ClosedLabel.cacheWrite, detail)
      addDetails(tokens.reasoning, ClosedLabel.reasoning, detail)
    }
    if let cost = detail.cost {
      self[.cost].add(
        cost.nanodollars, to: [detail.provider, detail.model, detail.powerLevel, 0])
      recent.addCost(at: record.end, provider: detail.provider, nanodollars: cost.nanodollars)
    } else if detail.isUnpriced {
      self[.unpricedRequests].add(1, to: served)
      self[.unpricedTokens].add(tokens.total, to: served)
    }
  }

  private mutating func addTokens(_ count: Int64, _ type: UInt32, _ detail: RequestDetail) {
    self[.tokens].add(count, to: [detail.provider, detail.model, type, 0])
  }

  private mutating func addDetails(_ count: Int64, _ type: UInt32, _ detail: RequestDetail) {
    guard count > 0 else { return }
    self[.tokenDetails].add(count, to: [detail.provider, detail.model, type, 0])
  }

  /// Histograms: of successes that a provider served.
  private mutating func addLatency(_ detail: RequestDetail, of batch: RecordBatch) {
    let record = detail.record
    guard record.outcome == .success, detail.isBilled, detail.isNew else { return }
    observe(record.duration, in: .requestDuration, detail, of: batch)
    let attemptStart = record.attemptStart ?? (record.attempts > 1 ? nil : record.start)
    if let attemptStart {
      observe(record.end - attemptStart, in: .attemptDuration, detail, of: batch)
    }
    if let overhead = record.overhead { observe(overhead, in: .proxyOverhead, detail, of: batch) }
    guard record.isStream, let firstToken = record.firstToken else { return }
    if let attemptStart {
      observe(firstToken - attemptStart, in: .timeToFirstToken, detail, of: batch)
    }
    // OpenTelemetry GenAI: the time after the first token, shared out among the others.
    if record.tokens.output > 1, record.end > firstToken {
      let rest = (record.end - firstToken).microseconds / (record.tokens.output - 1)
      observe(TimeSpan(microseconds: rest), in: .timePerOutputToken, detail, of: batch)
    }
  }

  private mutating func observe(
    _ time: TimeSpan, in family: Family, _ detail: RequestDetail, of batch: RecordBatch
  ) {
    let place = observe(time, in: family, detail.provider, detail.model)
    let trace = detail.record.trace
    guard family == .requestDuration || family == .timeToFirstToken, !trace.isEmpty else { return }
    noteExemplar(
      family, row: place.row, bucket: place.bucket, value: place.value, detail.record, of: batch)
  }

  /// Counts a time in a histogram by provider and model, and tells where.
  private mutating func observe(
    _ time: TimeSpan, in family: Family, _ provider: UInt32, _ model: UInt32
  ) -> (row: Int, bucket: Int, value: Int64) {
    let value = max(0, time.microseconds)
    let bucket = family.descriptor.buckets?.index(of: value) ?? 0
    let row = self[family].observe(value, bucket: bucket, for: [provider, model, 0, 0])
    return (row, bucket, value)
  }
}

extension TallyState {
  mutating func add(_ record: AttemptRecord, of batch: RecordBatch, day: Int32) {
    let provider = id(.provider, record.provider, of: batch, day: day)
    let model = id(.model, record.model, of: batch, day: day)
    let deployment = id(.deployment, record.deployment, of: batch, day: day)
    let route = id(.route, record.route, of: batch, day: day)
    let result = ClosedLabel.result(record.reason)
    self[.attempts].add(1, to: [provider, model, result, 0])
    self[.deploymentAttempts].add(1, to: [deployment, route, result, 0])
    if let kind = AttemptKind(record.reason) {
      attempts.append(
        CountedAttempt(
          provider: provider, deployment: deployment, model: model, route: route, end: record.end,
          kind: kind, reason: record.reason))
    }
    _ = observe(record.end - record.start, in: .attemptDuration, provider, model)
  }

  private mutating func powerLevel(
    of record: RequestRecord, in batch: RecordBatch, day: Int32
  ) -> UInt32 {
    id(.powerLevel, powerLevelText(of: record, in: batch), of: batch, day: day)
  }

  /// What the log says of a request's power level; empty if nothing.
  package func powerLevelText(of record: RequestRecord, in batch: RecordBatch) -> TextRange {
    for selector in options.powerLevel {
      let value = value(of: selector, record, in: batch)
      if !value.isEmpty { return value }
    }
    return .none
  }

  /// The value of a configured extra label; empty if there is none.
  package func extraText(
    _ name: String, of record: RequestRecord, in batch: RecordBatch
  ) -> TextRange {
    guard let extra = options.extra.first(where: { $0.name == name }) else { return .none }
    return value(of: extra.selector, record, in: batch)
  }

  /// The text that a selector picks; empty if there is none.
  func value(
    of selector: LabelOptions.Selector, _ record: RequestRecord, in batch: RecordBatch
  ) -> TextRange {
    switch selector {
    case .meta(let name):
      guard record.metadata > 0, let place = metadataNames.firstIndex(of: name) else {
        return .none
      }
      return batch.texts[Int(record.metadata) + place]
    case .tag(let prefix):
      for index in record.tags {
        let tag = batch.texts[Int(index)]
        if batch.withBytes(tag, { $0.starts(with: prefix.utf8) }) {
          let skipped = UInt32(prefix.utf8.count)
          return TextRange(start: tag.start + skipped, count: tag.count - skipped)
        }
      }
      return .none
    }
  }
}
