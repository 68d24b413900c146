package import Support

/// A stretch of a batch's text. Empty means that the log did not say.
package struct TextRange: Hashable, Sendable {
  package var start: UInt32
  package var count: UInt32

  /// The text that is not there.
  package static let none = TextRange(start: 0, count: 0)

  /// `count` bytes from `start`.
  package init(start: UInt32, count: UInt32) {
    self.start = start
    self.count = count
  }

  package var isEmpty: Bool { count == 0 }
}

/// What tells a repeated event from a new one.
package struct Identity: Hashable, Sendable {
  /// When it started: the ledger keeps identities in this order.
  package var start: Timestamp
  /// A hash of all the rest of the identity.
  package var hash: UInt64

  /// Joins the two.
  package init(start: Timestamp, hash: UInt64) {
    self.start = start
    self.hash = hash
  }
}

/// Which line of which format tells of an event.
package enum EventKind: Hashable, Sendable {
  case nativeRequest
  /// The attempt's number within its request.
  case nativeAttempt(Int64)
  /// A payload whose status is anything but failure.
  case payloadAnswer
  case payloadFailure
  /// A row of LiteLLM's database, by its own id.
  case row
  /// The same by its call, so that the other formats find it.
  case rowOfCall

  fileprivate var code: UInt64 {
    switch self {
    case .nativeRequest: 1
    case .nativeAttempt(let number): UInt64(truncatingIfNeeded: number) << 8 | 2
    case .payloadAnswer: 3
    case .payloadFailure: 4
    case .row: 5
    case .rowOfCall: 6
    }
  }
}

extension Identity {
  /// Of an event of the call whose id has the hash `call`.
  package init(start: Timestamp, call: UInt64, kind: EventKind) {
    self.init(start: start, hash: Self.hash(call, kind))
  }

  /// The same call gives another hash for each kind; SplitMix64's finalizer, which merges no two.
  package static func hash(_ call: UInt64, _ kind: EventKind) -> UInt64 {
    var mixed = call &+ kind.code &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Tokens as billed. Details are parts of `input` and `output`.
package struct TokenUsage: Hashable, Sendable {
  package var input: Int64 = 0
  package var output: Int64 = 0
  package var cacheRead: Int64 = 0
  package var cacheWrite: Int64 = 0
  package var reasoning: Int64 = 0

  /// No tokens.
  package init() {}

  package var total: Int64 { input + output }
}

/// How a request ended, as its client saw it.
package enum Outcome: UInt8, CaseIterable, Sendable {
  case success
  case failure
  /// The client went away.
  case cancelled

  /// The value of the `status` label.
  package var name: String {
    switch self {
    case .success: "success"
    case .failure: "failure"
    case .cancelled: "cancelled"
    }
  }
}

/// The first attempt of a request that failed.
package struct FirstFailure: Hashable, Sendable {
  package var provider: TextRange
  package var model: TextRange
  package var reason: Reason

  /// Provider and model are empty when the first route was skipped.
  package init(provider: TextRange, model: TextRange, reason: Reason) {
    self.provider = provider
    self.model = model
    self.reason = reason
  }
}

/// What a provider's headers said was left of a rate limit; nil where they were silent.
package struct RateLimit: Hashable, Sendable {
  package var remainingRequests: Int64?
  package var remainingTokens: Int64?
  package var limitRequests: Int64?
  package var limitTokens: Int64?

  /// Nothing known.
  package init() {}
}

/// One client request, at its end. Trivial: copied without counting references.
package struct RequestRecord: Sendable {
  /// How much of the request the line told.
  package enum Form: UInt8, Sendable {
    /// All of it: count it as it is.
    case whole
    /// One LiteLLM payload: it becomes whole when it is settled with its other half.
    case payload
    /// A row of LiteLLM's database: all of a request, to be counted where no log tells of it.
    case row
    /// A row that is the bill of one attempt: likewise, but it is no request.
    case bill
    /// The success of a request already counted as failed, or the bill of one's broken attempt:
    /// adds tokens and cost, no request.
    case late
    /// Not to be counted: a duplicate, or a payload that waits.
    case void
  }

  package var form = Form.whole
  /// Whether it waits where a better format may tell of the same request.
  package var yields: Bool { form == .payload || isRow }
  /// Whether it comes from LiteLLM's database.
  package var isRow: Bool { form == .row || form == .bill }
  package var identity: Identity
  /// The hash of its call id.
  package var callHash: UInt64 = 0
  /// The index of the source in the configuration.
  package var source: Int32 = 0
  /// Which of the source's files it came from: within one, lines are roughly in order of time.
  package var stream: Int32 = 0
  package var outcome = Outcome.success
  package var isStream = false
  package var isCacheHit = false
  package var id = TextRange.none
  package var trace = TextRange.none
  package var call = TextRange.none
  package var start: Timestamp
  package var end: Timestamp
  package var attemptStart: Timestamp?
  package var firstToken: Timestamp?
  package var route = TextRange.none
  package var servedRoute = TextRange.none
  package var provider = TextRange.none
  package var model = TextRange.none
  package var deployment = TextRange.none
  package var attempts: Int32 = 0
  package var retries: Int32 = 0
  package var fallbacks: Int32 = 0
  package var firstFailure: FirstFailure?
  /// Of a failed request: its final error.
  package var reason: Reason?
  package var errorCode = TextRange.none
  package var errorClass = TextRange.none
  package var tokens = TokenUsage()
  /// nil: the log has no price for it.
  package var cost: Money?
  package var saved = Money.zero
  /// First 8 hex digits of the key's hash.
  package var keyID = TextRange.none
  package var keyAlias = TextRange.none
  package var teamID = TextRange.none
  package var teamAlias = TextRange.none
  package var organization = TextRange.none
  package var user = TextRange.none
  package var endUser = TextRange.none
  /// Indexes into the batch's `texts`.
  package var tags: Range<Int32> = 0..<0
  /// Index into the batch's `texts` of the first configured metadata key's value.
  package var metadata: Int32 = 0
  package var rateLimit = RateLimit()
  package var overhead: TimeSpan?

  /// A request with everything optional unknown.
  package init(identity: Identity, start: Timestamp, end: Timestamp) {
    self.identity = identity
    self.start = start
    self.end = end
  }

  /// Replaces all texts but those in lists.
  mutating func replaceTexts(_ replacement: (TextRange) -> TextRange) {
    id = replacement(id)
    trace = replacement(trace)
    call = replacement(call)
    route = replacement(route)
    servedRoute = replacement(servedRoute)
    provider = replacement(provider)
    model = replacement(model)
    deployment = replacement(deployment)
    errorCode = replacement(errorCode)
    errorClass = replacement(errorClass)
    keyID = replacement(keyID)
    keyAlias = replacement(keyAlias)
    teamID = replacement(teamID)
    teamAlias = replacement(teamAlias)
    organization = replacement(organization)
    user = replacement(user)
    endUser = replacement(endUser)
    if let failure = firstFailure {
      firstFailure = FirstFailure(
        provider: replacement(failure.provider), model: replacement(failure.model),
        reason: failure.reason)
    }
  }

  /// The route that served or was serving: the asked one where the log names no other.
  package var answeringRoute: TextRange {
    servedRoute.isEmpty && fallbacks == 0 && !provider.isEmpty ? route : servedRoute
  }

  /// What the client waited.
  package var duration: TimeSpan { end - start }
}

/// One failed call to a provider.
package struct AttemptRecord: Sendable {
  package var identity: Identity
  /// The hash of its call id.
  package var callHash: UInt64 = 0
  /// The index of the source in the configuration.
  package var source: Int32 = 0
  /// Which of the source's files it came from.
  package var stream: Int32 = 0
  package var isVoid = false
  package var start: Timestamp
  package var end: Timestamp
  package var route = TextRange.none
  package var provider = TextRange.none
  package var model = TextRange.none
  package var deployment = TextRange.none
  package var reason = Reason.unknown

  /// An attempt of which only the times are known.
  package init(identity: Identity, start: Timestamp, end: Timestamp) {
    self.identity = identity
    self.start = start
    self.end = end
  }
}
