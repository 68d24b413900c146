package import Support

/// `health.score:` in the configuration: how models are ranked for each power level.
package struct ScoreOptions: Sendable, Equatable {
  /// What counts how much at a power level.
  package struct Weights: Sendable, Equatable {
    package var cost: Double
    package var latency: Double
    package var quality: Double
    /// Dollars per 1000 tokens at which cost scores nothing.
    package var ceiling: Double

    /// All of one power level's.
    package init(cost: Double, latency: Double, quality: Double, ceiling: Double) {
      self.cost = cost
      self.latency = latency
      self.quality = quality
      self.ceiling = ceiling
    }
  }

  /// By power level.
  package var powerLevels = [
    "eco": Weights(cost: 0.7, latency: 0.2, quality: 0.1, ceiling: 0.001),
    "balanced": Weights(cost: 0.4, latency: 0.4, quality: 0.2, ceiling: 0.01),
    "precision": Weights(cost: 0.1, latency: 0.3, quality: 0.6, ceiling: 0.1),
  ]
  /// How good a model's answers are, from 0 to 1, by its name or `provider/name`.
  package var quality: [String: Double] = [:]
  /// For models that `quality` does not name.
  package var defaultQuality = 0.5
  /// The latency that scores nothing.
  package var maxLatency = TimeSpan.seconds(10)

  /// Every default.
  package init() {}
}
