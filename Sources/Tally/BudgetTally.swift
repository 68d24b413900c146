import Metrics
package import Support

extension TallyState {
  /// Counts a crossing of a budget; nil is the forecast's.
  package mutating func addCrossing(budget: String, threshold: Int32?, now: Timestamp) {
    let budget = id(.budget, text: budget, day: now.day)
    let threshold = id(.threshold, text: threshold.map { "\($0)" } ?? "forecast", day: now.day)
    self[.budgetCrossings].add(1, to: [budget, threshold, 0, 0])
  }
}
