import Record
import Support

@testable import Source

/// A point in time well after every line of the tests: 2026-11-21T12:00:00Z.
let noon = Timestamp(microseconds: 1_795_262_400_000_000)

/// A decoder with its batch.
final class Decoding {
  let decoder: RecordDecoder
  var batch = RecordBatch()
  /// The metadata keys that are read.
  static let names = ["power_level"]

  init(_ format: SourceOptions.Format = .auto, metadataNames: [String] = names) {
    decoder = RecordDecoder(format: format, metadataNames: metadataNames)
  }

  /// Decodes one line. The padding behind it is hostile: a parser that reads it as JSON is caught.
  @discardableResult
  func add(_ line: [UInt8], now: Timestamp = noon) -> Result<RecordDecoder.Recognised, Rejection> {
    let padded = line + [UInt8](repeating: UInt8(ascii: "\""), count: 64)
    return padded.withUnsafeBytes { bytes in
      do throws(Rejection) {
        return .success(
          try decoder.decode(
            UnsafeRawBufferPointer(rebasing: bytes[..<line.count]), now: now, into: &batch))
      } catch {
        return .failure(error)
      }
    }
  }

  @discardableResult
  func add(_ line: String, now: Timestamp = noon) -> Result<RecordDecoder.Recognised, Rejection> {
    add(Array(line.utf8), now: now)
  }
}

/// What becomes of a line, as text: all that is known of its record, or why it was rejected.
func told(
  _ line: String, _ format: SourceOptions.Format = .auto, metadataNames: [String] = ["power_level"],
  now: Timestamp = noon
) -> String {
  let decoding = Decoding(format, metadataNames: metadataNames)
  if case .failure(let rejection) = decoding.add(line, now: now) {
    // What is rejected leaves nothing behind.
    return decoding.batch.isEmpty ? "rejected: \(rejection.rawValue)" : "rejected, yet recorded"
  }
  return decoding.batch.told
}

extension RecordBatch {
  /// All records, a line each.
  var told: String {
    isEmpty
      ? "nothing"
      : (requests.map { told($0) } + attempts.map { told($0) }).joined(separator: "\n")
  }

  func told(_ record: RequestRecord) -> String {
    var fields = Fields(batch: self)
    fields.add("request", "\(record.form) \(record.outcome.name)")
    fields.add("id", record.id)
    fields.add("trace", record.trace)
    fields.add("call", record.call)
    fields.add("start", record.start)
    fields.add("end", record.end)
    fields.add("attempt_start", record.attemptStart)
    fields.add("first_token", record.firstToken)
    if record.isStream { fields.add("stream", "true") }
    if record.isCacheHit { fields.add("cached", "true") }
    fields.add("route", record.route)
    fields.add("served_route", record.servedRoute)
    fields.add("provider", record.provider)
    fields.add("model", record.model)
    fields.add("deployment", record.deployment)
    fields.add("attempts", Int64(record.attempts))
    fields.add("retries", Int64(record.retries))
    fields.add("fallbacks", Int64(record.fallbacks))
    if let first = record.firstFailure {
      fields.add("first_reason", first.reason.name)
      fields.add("first_provider", first.provider)
      fields.add("first_model", first.model)
    }
    fields.add("reason", record.reason?.name)
    fields.add("code", record.errorCode)
    fields.add("class", record.errorClass)
    fields.add("input", record.tokens.input)
    fields.add("output", record.tokens.output)
    fields.add("cache_read", record.tokens.cacheRead)
    fields.add("cache_write", record.tokens.cacheWrite)
    fields.add("reasoning", record.tokens.reasoning)
    fields.add("nano", record.cost.map { "\($0.nanodollars)" })
    fields.add("saved", record.saved.nanodollars)
    addCaller(of: record, to: &fields)
    return fields.text
  }

  private func addCaller(of record: RequestRecord, to fields: inout Fields) {
    fields.add("key", record.keyID)
    fields.add("key_alias", record.keyAlias)
    fields.add("team", record.teamID)
    fields.add("team_alias", record.teamAlias)
    fields.add("org", record.organization)
    fields.add("user", record.user)
    fields.add("end_user", record.endUser)
    if !record.tags.isEmpty {
      fields.add("tags", record.tags.map { string(texts[Int($0)]) }.joined(separator: "+"))
    }
    if record.metadata > 0 { fields.add("meta", texts[Int(record.metadata)]) }
    fields.add("remaining_requests", record.rateLimit.remainingRequests.map { "\($0)" })
    fields.add("remaining_tokens", record.rateLimit.remainingTokens.map { "\($0)" })
    fields.add("limit_requests", record.rateLimit.limitRequests.map { "\($0)" })
    fields.add("limit_tokens", record.rateLimit.limitTokens.map { "\($0)" })
    fields.add("overhead", record.overhead.map { "\($0.microseconds)" })
  }

  func told(_ record: AttemptRecord) -> String {
    var fields = Fields(batch: self)
    fields.add("attempt", record.reason.name)
    fields.add("start", record.start)
    fields.add("end", record.end)
    fields.add("route", record.route)
    fields.add("provider", record.provider)
    fields.add("model", record.model)
    fields.add("deployment", record.deployment)
    return fields.text
  }
}

/// `name=value` pairs of what is there.
private struct Fields {
  let batch: RecordBatch
  var text = ""

  init(batch: RecordBatch) { self.batch = batch }

  mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    text += (text.isEmpty ? "" : " ") + "\(name)=\(value)"
  }

  mutating func add(_ name: String, _ range: TextRange) {
    if !range.isEmpty { add(name, batch.string(range)) }
  }

  mutating func add(_ name: String, _ time: Timestamp?) {
    add(name, time.map { "\($0.microseconds)" })
  }

  mutating func add(_ name: String, _ count: Int64) {
    if count != 0 { add(name, "\(count)") }
  }
}
