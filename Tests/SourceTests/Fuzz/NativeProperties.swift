import Record
import Support

@testable import Source

/// A line is one record or one rejection, whatever came before it, and a record survives being
/// stored.
enum NativeProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let (fresh, used) = (Decoding(.native), Decoding(.native))
    try check(line: input, fresh, used)
    for line in lines(of: input).dropFirst().prefix(8) { try check(line: line, used, fresh) }
  }

  private static func check(
    line: [UInt8], _ fresh: Decoding, _ used: Decoding
  ) throws(Violation) {
    fresh.batch.removeAll()
    let result = fresh.add(line)
    try checkRecords(of: fresh.batch, result)
    used.add(Self.poison)
    used.batch.removeAll()
    try hold(used.add(line), is: result, "what came before decides about a line")
    try hold(used.batch.told, is: fresh.batch.told, "what came before changes a record")
    guard let record = fresh.batch.requests.first else { return }
    try checkStoring(record, of: fresh.batch)
  }

  /// Every field set, and an end that is none.
  private static let poison = """
    {"v":1,"kind":"request","id":"poison","start":1795259782.25,"end":1795259789.85,"cost_usd":9,\
    "outcome":"failure","stream":true,"route":"p","provider":"p","model":"p","deployment":"p",\
    "attempts":9,"tags":["p","q"],"meta":{"power_level":"p"},"key":{"id":"p"},"reason":"timeout",\
    "first_failure":{"provider":"p","model":"p","reason":"timeout"},"user":"p\\ud800","x":[[{
    """

  private static func checkStoring(
    _ record: RequestRecord, of batch: RecordBatch
  ) throws(Violation) {
    let stored = NativeEncoder(metadataNames: Decoding.names).encode(record, of: batch)
    let again = Decoding(.native)
    try hold(again.add(stored), is: .success(.native), "\(text(stored)) cannot be read")
    try hold(again.batch.told, is: batch.told, "\(text(stored)) tells something else")
    guard let second = again.batch.requests.first else { return }
    try hold(
      text(NativeEncoder(metadataNames: Decoding.names).encode(second, of: again.batch)),
      is: text(stored), "it is stored in another way the second time")
  }

  /// What the rest of the sidecar takes for granted.
  static func checkRecords(
    of batch: RecordBatch, _ result: Result<RecordDecoder.Recognised, Rejection>
  ) throws(Violation) {
    let count = batch.requests.count + batch.attempts.count
    switch result {
    case .success(.native): try hold(count == 1, "a usable line is \(count) records")
    // Health checks are none.
    case .success(.litellm), .success(.row):
      try hold(count <= 1, "a usable line is \(count) records")
    case .failure: try hold(batch.isEmpty, "a rejected line is a record")
    }
    for record in batch.requests { try check(record, of: batch) }
    for record in batch.attempts {
      try hold(record.end >= record.start, "an attempt ends before it starts")
    }
    try hold(String(validating: batch.bytes, as: UTF8.self) != nil, "a text is not UTF-8")
  }

  private static func check(
    _ record: RequestRecord, of batch: RecordBatch
  ) throws(Violation) {
    try hold(
      record.end >= record.start && record.end <= noon + .hours(1), "\(record.end) is no end")
    let tokens = record.tokens
    let counts = [
      tokens.input, tokens.output, tokens.cacheRead, tokens.cacheWrite, tokens.reasoning,
      Int64(record.attempts), Int64(record.retries), Int64(record.fallbacks),
    ]
    try hold(counts.allSatisfy { $0 >= 0 }, "a count is negative")
    let cost = record.cost ?? .zero
    try hold(cost >= .zero && cost <= .largest, "\(cost) is no cost")
    try hold(!record.id.isEmpty, "a request has no id")
    try hold((record.outcome == .failure) == (record.reason != nil), "a failure has no reason")
    let isWithin = record.attemptStart.map { $0 >= record.start && $0 <= record.end } ?? true
    try hold(isWithin, "its last attempt is not within a request")
  }
}
