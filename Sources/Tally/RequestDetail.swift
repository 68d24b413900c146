package import Record
import Support

/// A counted request by label ids, as roll-ups and detail rows hold it.
package struct RequestDetail: Sendable {
  /// The record in the batch's `requests`, for its texts.
  package var record: RequestRecord
  package var provider: UInt32 = 0
  package var model: UInt32 = 0
  package var route: UInt32 = 0
  package var servedRoute: UInt32 = 0
  package var deployment: UInt32 = 0
  package var powerLevel: UInt32 = 0
  package var key: UInt32 = 0
  package var team: UInt32 = 0
  package var extras: UInt32 = 0
  package var firstProvider: UInt32 = 0
  package var firstModel: UInt32 = 0
  /// nil: nobody knows what it cost.
  package var cost: Money?
  /// Of a failure the first failed attempt's, of a fallback or retry likewise.
  package var reason: Reason?

  init(record: RequestRecord) { self.record = record }

  /// Whether the proxy knows the route that was asked for; what else clients ask for is free text.
  package var hasKnownRoute: Bool { route != Vocabulary.other }
  /// Whether tokens and cost were a provider's: an answer from the proxy's cache bills nothing.
  package var isBilled: Bool { !record.isCacheHit }
  /// A success counted late adds to a request that is counted already.
  package var isNew: Bool { record.form == .whole }
  var isServed: Bool { record.outcome != .failure }
  var isFallback: Bool { isServed && record.fallbacks > 0 }
  var isRetry: Bool { isServed && record.fallbacks == 0 && record.retries > 0 }
  /// Tokens were used that nobody has a price for.
  var isUnpriced: Bool { isBilled && cost == nil && record.tokens.total > 0 }
}

extension RequestRecord {
  /// The route that served. Nothing had served yet when the client of a call left, but without a
  /// fallback that call was on the route asked for.
  var answeringRoute: TextRange {
    guard servedRoute.isEmpty, outcome == .cancelled, fallbacks == 0, !deployment.isEmpty else {
      return servedRoute
    }
    return route
  }
}
