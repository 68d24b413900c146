/// A metric family: all series of one name.
///
/// The order is that of the catalogue and of the exposition; raw values are dense from 0, so that
/// they can index an array. The ledger knows families by name, never by raw value.
package enum Family: UInt8, CaseIterable, Sendable, Hashable {
  // Requests
  case requests
  case requestDuration
  case tokens
  case cost
  case fallbacks
  case requestFailures
  case errorRatio
  case fallbackRatio

  // Attempts, retries, fallbacks
  case attempts
  case deploymentAttempts
  case attemptDuration
  case retriedRequests
  case routeFallbacks
  case routeFallbackRatio
  case fallbacksExhausted

  // Health
  case providerHealth
  case providerState
  case providerTransitions
  case providerErrorRatio
  case providerRateLimitedRatio
  case deploymentHealth
  case providerScore

  // Latency
  case timeToFirstToken
  case timePerOutputToken
  case proxyOverhead

  // Usage
  case costLastHour
  case tokenDetails
  case cachedRequests
  case costSaved
  case unpricedRequests
  case unpricedTokens
  case rateLimitRemaining
  case rateLimitLimit

  // Proxy
  case proxyUp
  case proxyInfo
  case proxyProbeDuration
  case fallbackRouteInfo
  case fallbackChainProblem

  // Attribution
  case keyRequests
  case keyCost
  case keyTokens
  case keyLastUsed
  case teamRequests
  case teamCost
  case teamTokens
  case userRequests
  case userCost
  case userTokens
  case endUserRequests
  case endUserCost
  case endUserTokens
  case tagRequests
  case tagCost
  case tagTokens
  case extraRequests
  case extraCost

  // Budgets
  case budgetLimit
  case budgetSpent
  case budgetRemaining
  case budgetUsedRatio
  case budgetForecast
  case budgetExhaustion
  case budgetPeriodStart
  case budgetPeriodEnd
  case budgetThresholdCrossed
  case budgetCrossings

  // Notifications
  case notifications
  case notificationsPending
  case oldestPendingNotification

  // Sidelight
  case buildInfo
  case sourceLines
  case sourceBytes
  case sourceEvents
  case sourceDuplicates
  case sourceRejected
  case sourceUp
  case sourceInfo
  case sourceLastEvent
  case sourceLagBytes
  case sourceLagSeconds
  case importedRequests
  case settledLate
  case ledgerCommitDuration
  case ledgerSize
  case sharedUp
  case spoolBytes
  case spoolAge
  case spoolDropped
  case sharedRequests
  case sharedDuplicates
  case sharedViewAge
  case series
  case valuesFolded
  case reloadSuccessful
  case reloadTime

  // Process
  case processCPU
  case residentMemory
  case virtualMemory
  case openFDs
  case maxFDs
  case processStart
  case processThreads

  /// What the family is called, what it counts and how it is written.
  package var descriptor: Descriptor { Catalogue.descriptors[Int(rawValue)] }

  /// The family of this full name, counters with `_total`; nil if this release has none.
  package init?(name: String) {
    guard let family = Catalogue.families[name] else { return nil }
    self = family
  }
}
