import Record
import Support

@testable import Source

/// A settlement that is fed with payloads told in a few words.
struct SettlementDesk {
  var settlement: Settlement
  var batch = RecordBatch()
  private let decoding = Decoding(.litellm)
  /// Where times are counted from.
  static let base = Timestamp(microseconds: 1_795_259_000_000_000)

  init(
    restored: [WaitingFailure] = [], capacity: Int = Settlement.capacity,
    settledCapacity: Int = Settlement.settledCapacity
  ) {
    settlement = Settlement(
      settleAfter: [.minutes(2)], metadataNames: ["power_level"], restored: restored,
      capacity: capacity, settledCapacity: settledCapacity)
  }

  private func line(
    _ id: String, _ status: String, _ route: String, _ start: Double, _ end: Double, _ rest: String
  ) -> String {
    let provider = ["claude": "anthropic", "gpt": "openai"][route] ?? "groq"
    return """
      {"litellm_call_id":"\(id)","status":"\(status)","startTime":\(1_795_259_000 + start),\
      "endTime":\(1_795_259_000 + end),"model_group":"\(route)","model":"\(provider)/m",\
      "custom_llm_provider":"\(provider)","model_id":"\(route)-1"\(rest)}
      """
  }

  mutating func failure(
    _ id: String, _ start: Double, _ end: Double, route: String = "claude",
    code: String = "500", rest: String = ""
  ) {
    add(
      line(
        id, "failure", route, start, end,
        ",\"error_information\":{\"error_code\":\"\(code)\"},"
          + "\"metadata\":{\"requester_metadata\":{\"power_level\":\"eco\"}}" + rest))
  }

  mutating func success(
    _ id: String, _ start: Double, _ end: Double, route: String = "claude", rest: String = ""
  ) {
    add(
      line(
        id, "success", route, start, end,
        ",\"prompt_tokens\":10,\"completion_tokens\":5,\"response_cost\":0.25" + rest))
  }

  private mutating func add(_ line: String) {
    decoding.batch = batch
    decoding.add(line)
    batch = decoding.batch
  }

  /// Settles what was added and what is due at `horizon`; what came out, in short.
  mutating func settle(to horizon: Double = 0) -> [String] {
    settlement.settle(&batch)
    settlement.expire(&batch, horizon: Self.base + .milliseconds(Int64(horizon * 1000)))
    defer { batch.removeAll() }
    let requests = batch.requests.filter { $0.form != .void }.map { short($0) }
    return requests + batch.attempts.map { "attempt \(batch.string($0.route)) \($0.reason.name)" }
  }

  private func short(_ record: RequestRecord) -> String {
    func seconds(_ time: Timestamp?) -> String { time.map { "\(($0 - Self.base).seconds)" } ?? "?" }
    var text = "\(batch.string(record.id)) \(record.outcome.name)"
    text += " \(seconds(record.start))-\(seconds(record.end))"
    if record.form == .late { text += " late" }
    text += " \(batch.string(record.route))"
    let served = batch.string(record.servedRoute)
    if !served.isEmpty, served != batch.string(record.route) { text += ">\(served)" }
    if record.retries > 0 { text += " retry" }
    if record.fallbacks > 0 { text += " fallback" }
    if let first = record.firstFailure {
      text += " after \(batch.string(first.provider)) \(first.reason.name)"
    }
    if record.outcome != .failure { text += " from \(seconds(record.attemptStart))" }
    return text + " \(record.attempts)"
  }
}
