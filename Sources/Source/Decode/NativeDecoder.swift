import Record
import Support

/// Lines of `sidelight_callback.py`: one per request and one per failed attempt.
struct NativeDecoder {
  let line: LogLine

  /// Appends the parsed line's record to `batch`.
  func decode(into batch: inout RecordBatch) throws(Rejection) {
    let version = line[.version]
    guard version.isMissing || version.isNumber && version.text.elementsEqual("1".utf8) else {
      throw .unknownKind
    }
    if line[.kind].equals("request") {
      batch.requests.append(try request(into: &batch))
    } else if line[.kind].equals("attempt") {
      batch.attempts.append(try attempt(into: &batch))
    } else {
      throw .unknownKind
    }
  }

  private func request(into batch: inout RecordBatch) throws(Rejection) -> RequestRecord {
    let (start, end) = try line.span(.start, .end)
    let call = try callHash()
    var record = RequestRecord(
      identity: Identity(start: start, call: call, kind: .nativeRequest), start: start, end: end)
    record.callHash = call
    record.outcome = try outcome()
    record.isStream = try line.flag(.stream)
    record.isCacheHit = try line.flag(.cacheHit)
    record.attemptStart = try line.time(.attemptStart, within: (start, end))
    record.firstToken = try line.time(.firstToken, within: (start, end))
    record.attempts = Int32(clamping: try line.count(.attempts) ?? 0)
    record.retries = Int32(clamping: try line.count(.retries) ?? 0)
    record.fallbacks = Int32(clamping: try line.count(.fallbacks) ?? 0)
    record.tokens = try tokens()
    record.cost = try line.money(.cost)
    record.saved = try line.money(.saved) ?? .zero
    record.overhead = try overhead()
    record.reason = record.outcome == .failure ? line.reason(.reason) ?? .unknown : nil
    try decodeNames(of: &record, into: &batch)
    try decodeCaller(of: &record, into: &batch)
    record.rateLimit.remainingRequests = line.lenientCount(.remainingRequests)
    record.rateLimit.remainingTokens = line.lenientCount(.remainingTokens)
    record.rateLimit.limitRequests = line.lenientCount(.limitRequests)
    record.rateLimit.limitTokens = line.lenientCount(.limitTokens)
    return record
  }

  private func decodeNames(
    of record: inout RequestRecord, into batch: inout RecordBatch
  ) throws(Rejection) {
    record.id = try line.text(.id, into: &batch)
    record.trace = line.freeText(.trace, into: &batch)
    record.call = try line.text(.call, into: &batch)
    record.route = line.freeText(.route, into: &batch)
    record.servedRoute = try line.text(.servedRoute, into: &batch)
    record.provider = try line.text(.provider, into: &batch)
    record.model = try line.text(.model, into: &batch)
    record.deployment = try line.text(.deployment, into: &batch)
    record.errorCode = try line.text(.code, into: &batch)
    record.errorClass = try line.text(.errorClass, into: &batch)
    if line[.firstFailure].isObject {
      record.firstFailure = FirstFailure(
        provider: try line.text(.firstFailureProvider, into: &batch),
        model: try line.text(.firstFailureModel, into: &batch),
        reason: line.reason(.firstFailureReason) ?? .unknown)
    }
  }

  private func decodeCaller(
    of record: inout RequestRecord, into batch: inout RecordBatch
  ) throws(Rejection) {
    record.keyID = try line.text(.keyID, into: &batch)
    record.keyAlias = try line.text(.keyAlias, into: &batch)
    record.teamID = try line.text(.teamID, into: &batch)
    record.teamAlias = try line.text(.teamAlias, into: &batch)
    record.organization = try line.text(.organization, into: &batch)
    record.user = line.freeText(.user, into: &batch)
    record.endUser = line.freeText(.endUser, into: &batch)
    record.tags = line.tags(.tags, into: &batch)
    record.metadata = line.metadata(into: &batch)
  }

  private func attempt(into batch: inout RecordBatch) throws(Rejection) -> AttemptRecord {
    let (start, end) = try line.span(.start, .end)
    let call = try callHash()
    let number = try line.count(.number) ?? 0
    var record = AttemptRecord(
      identity: Identity(start: start, call: call, kind: .nativeAttempt(number)), start: start,
      end: end)
    record.callHash = call
    record.route = try line.text(.route, into: &batch)
    record.provider = try line.text(.provider, into: &batch)
    record.model = try line.text(.model, into: &batch)
    record.deployment = try line.text(.deployment, into: &batch)
    record.reason = line.reason(.reason) ?? .unknown
    return record
  }

  /// An event's identity is (`kind`, `id`, `n`, `start`): a client may choose its call id, so the
  /// id alone is not unique.
  private func callHash() throws(Rejection) -> UInt64 {
    guard line[.id].isString, !line[.id].text.isEmpty else { throw .badValue }
    return hash64(line[.id].text)
  }

  private func outcome() throws(Rejection) -> Outcome {
    let value = line[.outcome]
    if value.equals("success") { return .success }
    if value.equals("failure") { return .failure }
    if value.equals("cancelled") { return .cancelled }
    throw .badValue
  }

  private func tokens() throws(Rejection) -> TokenUsage {
    var usage = TokenUsage()
    usage.input = try line.count(.tokensInput) ?? 0
    usage.output = try line.count(.tokensOutput) ?? 0
    usage.cacheRead = try line.count(.tokensCacheRead) ?? 0
    usage.cacheWrite = try line.count(.tokensCacheWrite) ?? 0
    usage.reasoning = try line.count(.tokensReasoning) ?? 0
    return usage
  }

  private func overhead() throws(Rejection) -> TimeSpan? {
    let value = line[.overhead]
    if value.isMissing { return nil }
    guard value.isNumber, let micro = Decimal.scaled(value.text, digits: 6), micro >= 0,
      micro <= TimeSpan.days(7).microseconds
    else { throw .badValue }
    return TimeSpan(microseconds: micro)
  }
}
