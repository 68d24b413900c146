import Record
import Support
import Testing

@testable import Source

@Suite struct RowDecoderTests {
  /// The record of a row as the query gives it.
  private func decode(_ text: String) throws(Rejection) -> (RequestRecord, RecordBatch)? {
    var options = SourceOptions(input: .spendLogs(url: "postgres://h/d"))
    options.format = .native
    let decoder = RecordDecoder(options, metadataNames: ["power_level"])
    var batch = RecordBatch()
    let line = Array(text.utf8) + [UInt8](repeating: 0, count: JSONLine.padding)
    do {
      try line.withUnsafeBytes {
        _ = try decoder.decode(
          UnsafeRawBufferPointer(rebasing: $0[..<text.utf8.count]),
          now: Timestamp(microseconds: 1_795_300_000_000_000), into: &batch)
      }
    } catch {
      throw error as? Rejection ?? .notJSON
    }
    return batch.requests.first.map { ($0, batch) }
  }

  private func row(_ id: String, _ call: String, _ more: String = "") -> String {
    """
    {"id":"\(id)","litellm_call_id":"\(call)","status":"success","startTime":1795260000.1,\
    "endTime":1795260002.5,"model":"azure/gpt-4o","custom_llm_provider":"azure",\
    "model_group":"gpt-4o","model_id":"d","prompt_tokens":3,"completion_tokens":4,\
    "response_cost":0.5,"stream":false\(more)}
    """
  }

  @Test func aWholeRequest() throws {
    let more =
      #","hidden_params":{"additional_headers":{"x-litellm-attempted-retries":1,"#
      + #""x-litellm-attempted-fallbacks":1}},"route":"claude","metadata":{"#
      + #""spend_logs_metadata":{"power_level":"eco"}}"#
    let (record, batch) = try #require(try decode(row("chatcmpl-1", "c", more)))
    #expect(record.form == .row && record.outcome == .success)
    #expect(record.attempts == 3 && record.retries == 1 && record.fallbacks == 1)
    #expect(batch.string(record.route) == "claude" && batch.string(record.servedRoute) == "gpt-4o")
    #expect(batch.string(record.provider) == "azure" && batch.string(record.model) == "gpt-4o")
    #expect(record.attemptStart == nil && record.cost == Money(nanodollars: 500_000_000))
    #expect(batch.string(batch.texts[Int(record.metadata)]) == "eco")
    #expect(record.callHash == batch.hash(record.id))
  }

  /// The row's own id tells rows apart, the call's is that of the log.
  @Test func identities() throws {
    let first = try #require(try decode(row("r1", "c"))).0
    let second = try #require(try decode(row("r2", "c"))).0
    #expect(first.identity != second.identity && first.callHash == second.callHash)
    #expect(try decode(row("r1", "other"))?.0.identity == first.identity)
  }

  @Test(arguments: [
    ("c-attempt-0", "c", true), ("c-attempt-12", "c", true), ("c-attempt-", "c-attempt-", false),
    ("-attempt-1", "-attempt-1", false), ("c-attempt-1x", "c-attempt-1x", false),
    ("c-attempt-1-attempt-2", "c-attempt-1", true), ("12", "12", false),
  ])
  func billsOfAttempts(call: String, base: String, isBill: Bool) throws {
    let record = try #require(try decode(row(call, call))).0
    #expect(record.form == (isBill ? .bill : .row))
    #expect(
      record.callHash == (try #require(try decode(row("r", base))).0.id.isEmpty ? 0 : hash(base)))
  }

  private func hash(_ text: String) -> UInt64 {
    var batch = RecordBatch()
    let range = batch.add(text)
    return batch.hash(range)
  }

  @Test func whatIsLeftOut() throws {
    let probe = #","metadata":{"user_api_key_hash":"litellm-internal-health-check"}"#
    #expect(try decode(row("r", "c", probe)) == nil)
    for bad in ["[]", "{}", row("", "c"), row("r", ""), row("r", "c", #","cache_hit":"x""#)] {
      #expect(throws: Rejection.self, "\(bad)") { try decode(bad) }
    }
  }

  @Test func columnsOfOtherReleases() throws {
    #expect(SpendLogQuery(columns: ["request_id", "startTime"]) == nil)
    let old = try #require(SpendLogQuery(columns: ["request_id", "startTime", "endTime", "spend"]))
    #expect(
      !old.hasCreation && !old.forward.contains("metadata #") && !old.late.contains("created_at"))
    let new = try #require(
      SpendLogQuery(columns: ["request_id", "startTime", "endTime", "created_at", "metadata"]))
    #expect(new.hasCreation && new.late.contains("created_at >= "))
  }
}
