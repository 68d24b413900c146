import Glibc
import Record
import Support

/// LiteLLM's `StandardLoggingPayload`: half a request or a whole one, which `Settlement` finds out.
struct PayloadDecoder {
  let line: LogLine

  /// Appends the parsed line's record to `batch`; health checks are no traffic and append nothing.
  func decode(into batch: inout RecordBatch) throws(Rejection) {
    guard !isHealthCheck else { return }
    let (start, end) = try line.span(.startTime, .endTime)
    let call = try callHash()
    let kind: EventKind = line[.status].equals("failure") ? .payloadFailure : .payloadAnswer
    var record = RequestRecord(
      identity: Identity(start: start, call: call, kind: kind), start: start, end: end)
    record.form = .payload
    record.callHash = call
    record.id = try line.text(line[.callID].isMissing ? .id : .callID, into: &batch)
    record.trace = line.freeText(.traceID, into: &batch)
    record.call = try line.text(.callType, into: &batch)
    record.route = try line.text(.modelGroup, into: &batch)
    record.isStream = try line.flag(.stream)
    try decodeCaller(of: &record, into: &batch)
    if try decodeOutcome(of: &record) {
      try decodeProvider(of: &record, into: &batch)
    }
    if record.outcome == .failure {
      try decodeFailure(of: &record, into: &batch)
    } else {
      try decodeService(of: &record, into: &batch)
    }
    batch.requests.append(record)
  }

  /// LiteLLM's own probes write payloads too, and so do refused calls of its other URLs.
  private var isHealthCheck: Bool {
    line[.keyHash].equals("litellm-internal-health-check")
      || line[.userKeyAlias].equals("litellm-internal-health-check")
      || line[.model].equals("litellm-mock-response-model")
      || line[.callType].isString && line[.callType].text.first == UInt8(ascii: "/")
  }

  /// A payload's identity is (`litellm_call_id`, `status`, `startTime`).
  private func callHash() throws(Rejection) -> UInt64 {
    let id = line[.callID].isMissing ? line[.id] : line[.callID]
    guard id.isString, !id.text.isEmpty else { throw .badValue }
    return hash64(id.text)
  }

  /// Sets outcome and reason; false if no deployment was called.
  private func decodeOutcome(of record: inout RequestRecord) throws(Rejection) -> Bool {
    if line[.informationCode].equals("499") || line[.informationClass].equals("ClientDisconnected")
    {
      record.outcome = .cancelled
      return true
    }
    if line[.status].equals("success") {
      record.outcome = .success
      return true
    }
    guard line[.status].equals("failure") else { throw .badValue }
    let reason = LiteLLMReason.classify(line)
    record.outcome = .failure
    record.reason = reason
    // A rejected key's payload names the deployment it would have got.
    return reason.fault != .policy && reason != .noDeployment && reason != .unknownModel
  }

  private func decodeProvider(
    of record: inout RequestRecord, into batch: inout RecordBatch
  ) throws(Rejection) {
    record.provider = try line.text(.llmProvider, into: &batch)
    guard !record.provider.isEmpty else { return }
    record.deployment = try line.text(.modelID, into: &batch)
    record.model = try line.text(.model, into: &batch)
    if modelHasPrefix(of: Int(record.provider.count)), record.model.count > record.provider.count {
      record.model.start += record.provider.count + 1
      record.model.count -= record.provider.count + 1
    }
  }

  /// Whether the model begins with its provider, of which `count` bytes matter, and a slash.
  private func modelHasPrefix(of count: Int) -> Bool {
    let (model, provider) = (line[.model].text, line[.llmProvider].text)
    guard model.count > count, model[count] == UInt8(ascii: "/"),
      let first = model.baseAddress, let second = provider.baseAddress
    else { return false }
    return memcmp(first, second, count) == 0
  }

  private func decodeFailure(
    of record: inout RequestRecord, into batch: inout RecordBatch
  ) throws(Rejection) {
    record.errorCode = try line.text(.informationCode, into: &batch)
    record.errorClass = try line.text(.informationClass, into: &batch)
    guard !record.provider.isEmpty else { return }
    record.attempts = 1
    // A stream that broke is billed for what was passed on; of other failures LiteLLM writes 0.
    guard let cost = try line.money(.responseCost), cost > .zero else { return }
    record.cost = cost
    try decodeTokens(of: &record)
  }

  private func decodeTokens(of record: inout RequestRecord) throws(Rejection) {
    record.tokens.input = try line.count(.promptTokens) ?? 0
    record.tokens.output = try line.count(.completionTokens) ?? 0
    record.tokens.cacheRead =
      line.lenientCount(.cachedTokens) ?? line.lenientCount(.cacheReadInputTokens) ?? 0
    record.tokens.cacheWrite =
      line.lenientCount(.cacheCreationTokens) ?? line.lenientCount(.cacheCreationInputTokens) ?? 0
    record.tokens.reasoning = line.lenientCount(.reasoningTokens) ?? 0
  }

  private func decodeService(
    of record: inout RequestRecord, into batch: inout RecordBatch
  ) throws(Rejection) {
    record.servedRoute = record.route
    record.isCacheHit = try line.flag(.cacheHit)
    try decodeTokens(of: &record)
    record.saved = try line.money(.savedCacheCost) ?? .zero
    // 0 is what LiteLLM writes for a free model and for one whose price it does not know.
    let cost = try line.money(.responseCost)
    record.cost = cost == .zero && !record.isCacheHit ? nil : cost
    guard !record.isCacheHit else { return }
    record.attemptStart = record.start
    record.firstToken =
      record.isStream
      ? try line.time(.completionStartTime, within: (record.start, record.end)) : nil
    decodeWayThere(of: &record)
    decodeRateLimit(of: &record)
  }

  /// What the proxy's headers say of attempts before; a failed one, if it left a payload, knows more.
  private func decodeWayThere(of record: inout RequestRecord) {
    record.retries = Int32(clamping: line.lenientCount(.attemptedRetries) ?? 0)
    record.fallbacks = Int32(clamping: line.lenientCount(.attemptedFallbacks) ?? 0)
    record.attempts = 1
    if record.fallbacks > 0 {
      // The route that was asked for stands nowhere.
      record.route = .none
    } else if record.retries == 0 {
      record.overhead = line.milliseconds(.overheadMilliseconds)
    }
  }

  private func decodeRateLimit(of record: inout RequestRecord) {
    func count(_ openAI: LogField, _ vendor: LogField) -> Int64? {
      line.lenientCount(openAI) ?? line.lenientCount(vendor)
    }
    record.rateLimit.remainingRequests = count(.openAIRemainingRequests, .vendorRemainingRequests)
    record.rateLimit.remainingTokens = count(.openAIRemainingTokens, .vendorRemainingTokens)
    record.rateLimit.limitRequests = count(.openAILimitRequests, .vendorLimitRequests)
    record.rateLimit.limitTokens = count(.openAILimitTokens, .vendorLimitTokens)
  }

  private func decodeCaller(
    of record: inout RequestRecord, into batch: inout RecordBatch
  ) throws(Rejection) {
    let hash = try line.text(.keyHash, into: &batch)
    record.keyID = TextRange(start: hash.start, count: min(hash.count, 8))
    record.keyAlias = try line.text(.userKeyAlias, into: &batch)
    record.teamID = try line.text(.userTeamID, into: &batch)
    record.teamAlias = try line.text(.userTeamAlias, into: &batch)
    record.organization = try line.text(.userOrganization, into: &batch)
    record.user = line.freeText(.userID, into: &batch)
    record.endUser = line.freeText(.endUser, into: &batch)
    if record.endUser.isEmpty { record.endUser = line.freeText(.userEndUser, into: &batch) }
    record.tags = line.tags(.requestTags, into: &batch)
    record.metadata = line.metadata(into: &batch)
  }
}
