import Source
import Support

/// How a source does, for its gauges.
struct SourceStatus: Sendable, Equatable {
  var isUp = true
  var isCaughtUp = false
  var lagBytes: Int64 = 0
  /// End of the latest event counted since the start.
  var lastEvent: Timestamp?
  private(set) var hasNative = false
  private(set) var hasPayload = false
  private(set) var hasRows = false

  mutating func note(_ format: RecordDecoder.Recognised) {
    switch format {
    case .native: hasNative = true
    case .litellm: hasPayload = true
    case .row: hasRows = true
    }
  }

  /// Age of the oldest bytes not read yet, 0 when all is read; nil if nobody knows.
  func lag(now: Timestamp) -> TimeSpan? {
    if lagBytes == 0 { return .seconds(0) }
    return lastEvent.map { max(.seconds(0), now - $0) }
  }

  /// The formats seen so far, and whether they tell every attempt.
  var formats: [(format: String, attempts: String)] {
    (hasNative ? [("native", "exact")] : []) + (hasPayload ? [("litellm", "partial")] : [])
      + (hasRows ? [("spend_logs", "partial")] : [])
  }
}
