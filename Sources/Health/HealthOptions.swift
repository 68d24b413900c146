package import Support

/// `health:` in the configuration.
package struct HealthOptions: Sendable, Equatable {
  /// What holds for a provider that `providers` does not name.
  package var bounds = HealthBounds()
  /// By the provider's name, complete: what is not said there is as in `bounds`.
  package var providers: [String: HealthBounds] = [:]
  /// How models are ranked.
  package var score = ScoreOptions()
  /// How long a provider's level must hold before receivers are told of it.
  package var notifyAfter = TimeSpan.seconds(60)

  /// Every default.
  package init() {}

  /// Older evidence is of no use to anybody.
  package var longestLookback: TimeSpan {
    providers.values.map(\.lookback).reduce(bounds.lookback, max)
  }

  /// What holds for a provider.
  package func bounds(of provider: String) -> HealthBounds { providers[provider] ?? bounds }
}

/// When a provider counts as degraded, as unhealthy, and as well again.
package struct HealthBounds: Sendable, Equatable {
  /// Attempts of this time are the evidence, if they are at least `minAttempts`.
  package var window = TimeSpan.seconds(60)
  /// Otherwise the last `minAttempts` of this time are.
  package var lookback = TimeSpan.minutes(5)
  /// A ratio over fewer attempts says nothing.
  package var minAttempts = 5
  /// Share of provider faults from which on it is unhealthy, rate limits weighing
  /// `rateLimitedWeight`.
  package var unhealthyRatio = 0.5
  /// Share of provider faults from which on it is degraded, rate limits weighing fully.
  package var degradedRatio = 0.1
  package var rateLimitedWeight = 0.5
  /// So many faults in a row are enough, …
  package var downFaults = 3
  /// … if it had not answered for this long.
  package var downAfter = TimeSpan.seconds(15)
  /// By how much of its bound a ratio must fall below it.
  package var hysteresis = 0.2
  /// So many successes in a row bring it back, …
  package var recoverAttempts = 10
  /// … if they went on for this long.
  package var recoverAfter = TimeSpan.seconds(15)
  /// After so long without news, nothing is known.
  package var forgetAfter = TimeSpan.minutes(15)

  /// Every default.
  package init() {}
}
