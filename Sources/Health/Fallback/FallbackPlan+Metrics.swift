package import Metrics

extension FallbackPlan {
  /// Adds the families that tell of chains. `unhealthy` are the endings that are unhealthy now.
  package func collect(_ unhealthy: [Finding], into samples: inout CollectedSamples) {
    // Names that were cut may be the same.
    var told: Set<[String]> = []
    for chain in declared {
      for (place, target) in chain.targets.enumerated() {
        let labels = [chain.route.label, "\(place + 1)", target.label]
        if told.insert(labels).inserted { samples.add(.fallbackRouteInfo, labels: labels, 1) }
      }
    }
    for finding in findings + unhealthy {
      let labels = [finding.route.label, finding.problem.rawValue]
      if told.insert(labels).inserted { samples.add(.fallbackChainProblem, labels: labels, 1) }
    }
  }
}

extension String {
  /// At most 128 bytes, as any label's value.
  fileprivate var label: String {
    var text = self
    while text.utf8.count > 128 { text.removeLast() }
    return text
  }
}
