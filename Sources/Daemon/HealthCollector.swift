import Health
import Metrics
import Record
import Support
import Tally

/// Gauges of who is well and who serves best.
enum HealthCollector {
  /// States and what they rest on.
  static func collectHealth(_ live: Publisher.Live, into samples: inout CollectedSamples) {
    guard let labels = live.labels else { return }
    for subject in live.health {
      let provider = labels.text(Dimension.provider, subject.provider)
      let level = subject.state.level
      guard subject.scope == .provider else {
        guard let gauge = level.gauge else { continue }
        let names = [
          labels.text(Dimension.deployment, subject.id),
          labels.text(Dimension.route, subject.route), provider,
          labels.text(Dimension.model, subject.model),
        ]
        samples.add(.deploymentHealth, labels: names, gauge)
        continue
      }
      if let gauge = level.gauge { samples.add(.providerHealth, labels: [provider], gauge) }
      for state in HealthLevel.allCases {
        samples.add(.providerState, labels: [provider, state.name], state == level ? 1 : 0)
      }
      if let ratio = subject.errorRatio {
        samples.add(.providerErrorRatio, labels: [provider], ratio)
      }
      if let ratio = subject.evidence.rateLimitedRatio {
        samples.add(.providerRateLimitedRatio, labels: [provider], ratio)
      }
    }
  }

  /// Who is unhealthy now, by name.
  static func unhealthyProviders(_ live: Publisher.Live) -> Set<String> {
    guard let labels = live.labels else { return [] }
    let unhealthy = live.health.filter { $0.scope == .provider && $0.state.level == .unhealthy }
    return Set(unhealthy.map { labels.text(Dimension.provider, $0.provider) })
  }

  /// How models rank now.
  static func collectScores(_ live: Publisher.Live, into samples: inout CollectedSamples) {
    guard let labels = live.labels, let scores = live.scores else { return }
    var names = ["", "", ""]
    scores.scores(at: samples.now) { score in
      names[0] = labels.text(Dimension.provider, score.provider)
      names[1] = labels.text(Dimension.model, score.model)
      names[2] = scores.powerLevels[score.powerLevel]
      samples.add(.providerScore, labels: names, score.value)
    }
  }
}
