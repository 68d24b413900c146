package import Support
import Tally

/// What requests came to, all together.
package struct UsageSums: Sendable, Equatable {
  package var requests: Int64 = 0
  package var successes: Int64 = 0
  package var errors: Int64 = 0
  package var cancelled: Int64 = 0
  package var fallbacks: Int64 = 0
  package var retried: Int64 = 0
  /// Answered from the proxy's cache.
  package var cached: Int64 = 0
  /// Their tokens were billed, and nobody has a price for them.
  package var unpriced: Int64 = 0
  package var input: Int64 = 0
  package var output: Int64 = 0
  /// Parts of `input` and `output`.
  package var cacheRead: Int64 = 0
  package var cacheWrite: Int64 = 0
  package var reasoning: Int64 = 0
  /// Nano-dollars.
  package var cost: Int64 = 0
  /// Nano-dollars.
  package var saved: Int64 = 0
  /// Microseconds that clients waited.
  package var waited: Int64 = 0
  /// Those of successes.
  package var successWaited: Int64 = 0
  /// Streams whose first token is known, and the microseconds until it came.
  package var streams: Int64 = 0
  package var firstTokens: Int64 = 0

  /// Nothing.
  package init() {}

  /// How long clients waited on average, whatever came of it; nil without requests.
  package var averageWait: TimeSpan? { Self.average(waited, of: requests) }

  /// The same over successes.
  package var averageSuccess: TimeSpan? { Self.average(successWaited, of: successes) }

  /// How long providers took until a stream's first token, on average.
  package var averageFirstToken: TimeSpan? { Self.average(firstTokens, of: streams) }

  private static func average(_ sum: Int64, of count: Int64) -> TimeSpan? {
    count > 0 ? TimeSpan(microseconds: sum / count) : nil
  }

  package static func += (left: inout UsageSums, right: UsageSums) { left.add(right, times: 1) }

  static func -= (left: inout UsageSums, right: UsageSums) { left.add(right, times: -1) }

  private mutating func add(_ other: UsageSums, times sign: Int64) {
    requests.addClamped(sign &* other.requests)
    successes.addClamped(sign &* other.successes)
    errors.addClamped(sign &* other.errors)
    cancelled.addClamped(sign &* other.cancelled)
    fallbacks.addClamped(sign &* other.fallbacks)
    retried.addClamped(sign &* other.retried)
    cached.addClamped(sign &* other.cached)
    unpriced.addClamped(sign &* other.unpriced)
    input.addClamped(sign &* other.input)
    output.addClamped(sign &* other.output)
    cacheRead.addClamped(sign &* other.cacheRead)
    cacheWrite.addClamped(sign &* other.cacheWrite)
    reasoning.addClamped(sign &* other.reasoning)
    cost.addClamped(sign &* other.cost)
    saved.addClamped(sign &* other.saved)
    waited.addClamped(sign &* other.waited)
    successWaited.addClamped(sign &* other.successWaited)
    streams.addClamped(sign &* other.streams)
    firstTokens.addClamped(sign &* other.firstTokens)
  }
}
