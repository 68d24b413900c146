package import Record
import Support

/// Writes a request as a native line, which is how a record waits in the ledger.
package struct NativeEncoder {
  private let metadataNames: [String]

  /// The names are those the record's metadata was decoded with.
  package init(metadataNames: [String]) { self.metadataNames = metadataNames }

  /// The line, without its line feed.
  package func encode(_ record: RequestRecord, of batch: RecordBatch) -> [UInt8] {
    var line = LineWriter(batch: batch)
    line.raw("{\"v\":1,\"kind\":\"request\"")
    line.text("id", record.id)
    line.text("trace", record.trace)
    line.number("start", micro: record.start.microseconds)
    line.number("end", micro: record.end.microseconds)
    line.raw(",\"outcome\":\"\(record.outcome.name)\"")
    line.text("call", record.call)
    if record.isStream { line.raw(",\"stream\":true") }
    if record.isCacheHit { line.raw(",\"cache_hit\":true") }
    if let time = record.attemptStart { line.number("attempt_start", micro: time.microseconds) }
    if let time = record.firstToken { line.number("first_token", micro: time.microseconds) }
    line.text("route", record.route)
    line.text("served_route", record.servedRoute)
    line.text("provider", record.provider)
    line.text("model", record.model)
    line.text("deployment", record.deployment)
    line.raw(",\"attempts\":\(record.attempts)")
    if record.retries > 0 { line.raw(",\"retries\":\(record.retries)") }
    if record.fallbacks > 0 { line.raw(",\"fallbacks\":\(record.fallbacks)") }
    if let failure = record.firstFailure {
      line.raw(",\"first_failure\":{\"reason\":\"\(failure.reason.name)\"")
      line.text("provider", failure.provider)
      line.text("model", failure.model)
      line.raw("}")
    }
    if let reason = record.reason { line.raw(",\"reason\":\"\(reason.name)\"") }
    line.text("code", record.errorCode)
    line.text("class", record.errorClass)
    writeUsage(record, to: &line)
    writeRateLimit(record.rateLimit, to: &line)
    if let overhead = record.overhead { line.number("overhead", micro: overhead.microseconds) }
    writeCaller(record, to: &line)
    line.raw("}")
    // Lines wait by the thousand: without the room that was left for writing.
    return line.bytes.withUnsafeBufferPointer { Array($0) }
  }

  private func writeUsage(_ record: RequestRecord, to line: inout LineWriter) {
    if let cost = record.cost { line.raw(",\"cost_usd\":\(cost.nanodollars)e-9") }
    if record.saved != .zero { line.raw(",\"saved_usd\":\(record.saved.nanodollars)e-9") }
    let tokens = record.tokens
    guard record.cost != nil || tokens != TokenUsage() else { return }
    line.raw(
      """
      ,"tokens":{"input":\(tokens.input),"output":\(tokens.output),\
      "cache_read":\(tokens.cacheRead),"cache_write":\(tokens.cacheWrite),\
      "reasoning":\(tokens.reasoning)}
      """)
  }

  private func writeRateLimit(_ limit: RateLimit, to line: inout LineWriter) {
    guard limit != RateLimit() else { return }
    let counts = [
      ("remaining_requests", limit.remainingRequests), ("remaining_tokens", limit.remainingTokens),
      ("limit_requests", limit.limitRequests), ("limit_tokens", limit.limitTokens),
    ]
    let known = counts.compactMap { name, count in count.map { "\"\(name)\":\($0)" } }
    line.raw(",\"rate_limit\":{\(known.joined(separator: ","))}")
  }

  private func writeCaller(_ record: RequestRecord, to line: inout LineWriter) {
    line.pair("key", ("id", record.keyID), ("alias", record.keyAlias))
    line.pair("team", ("id", record.teamID), ("alias", record.teamAlias))
    line.text("org", record.organization)
    line.text("user", record.user)
    line.text("end_user", record.endUser)
    line.list("tags", record.tags)
    guard !metadataNames.isEmpty else { return }
    line.raw(",\"meta\":{\"\":null")
    for (offset, name) in metadataNames.enumerated() {
      line.text(name, line.batch.texts[Int(record.metadata) + offset])
    }
    line.raw("}")
  }
}

private struct LineWriter {
  let batch: RecordBatch
  var bytes: [UInt8] = []

  init(batch: RecordBatch) {
    self.batch = batch
    bytes.reserveCapacity(1024)
  }

  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func text(_ key: String, _ value: TextRange) {
    guard !value.isEmpty else { return }
    bytes.append(UInt8(ascii: ","))
    JSONString.append(key, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    quote(value)
  }

  mutating func number(_ key: String, micro: Int64) {
    let fraction = String(micro % 1_000_000 + 1_000_000).dropFirst()
    raw(",\"\(key)\":\(micro / 1_000_000).\(fraction)")
  }

  mutating func pair(
    _ key: String, _ first: (String, TextRange), _ second: (String, TextRange)
  ) {
    guard !first.1.isEmpty || !second.1.isEmpty else { return }
    raw(",\"\(key)\":{\"\":null")
    text(first.0, first.1)
    text(second.0, second.1)
    raw("}")
  }

  mutating func list(_ key: String, _ values: Range<Int32>) {
    guard !values.isEmpty else { return }
    raw(",\"\(key)\":[")
    for index in values {
      if index > values.lowerBound { raw(",") }
      quote(batch.texts[Int(index)])
    }
    raw("]")
  }

  private mutating func quote(_ value: TextRange) {
    let batch = batch
    batch.withBytes(value) { JSONString.append($0, to: &bytes) }
  }
}
