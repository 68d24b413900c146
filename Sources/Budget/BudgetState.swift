/// Which thresholds of one scope were crossed: in one calendar period, or in a rolling window so
/// far.
package struct BudgetState: Sendable, Equatable {
  /// What is remembered of a threshold under a limit.
  package struct Mark: Sendable, Hashable {
    /// In percent; 0 is the forecast.
    package var threshold: Int32
    package var limit: Int64
    /// How often it was armed before, in a rolling window; else 0.
    package var arm: Int32
    package var status: Status

    /// What is known of a threshold.
    package init(threshold: Int32, limit: Int64, arm: Int32, status: Status) {
      self.threshold = threshold
      self.limit = limit
      self.arm = arm
      self.status = status
    }
  }

  package enum Status: Int64, Sendable, Hashable {
    /// Crossed, and told.
    case told = 0
    /// Crossed under another limit, when it was told, and still crossed when the limit changed.
    case carried = 1
    /// Spend has fallen far below: the next crossing has the next arm's number.
    case rearmed = 2
  }

  /// What an observation comes to.
  package enum Action: Sendable, Hashable {
    case announce(threshold: Int32, arm: Int32)
    case rearm(threshold: Int32, arm: Int32)
  }

  /// The forecast's place among the thresholds.
  package static let forecast: Int32 = 0

  /// At most one for each threshold and limit.
  package private(set) var marks: [Mark]
  /// The limit of the last observation.
  private var limit: Int64?

  /// What was remembered, `limit` being in force last.
  package init(marks: [Mark] = [], limit: Int64? = nil) {
    self.marks = marks
    self.limit = limit
  }

  /// Sees what is spent now, and says what is to be told, lowest threshold first.
  package mutating func observe(
    spent: Int64, limit: BudgetLimit, thresholds: [Int32], rearms: Bool
  ) -> [Action] {
    if let old = self.limit, old != limit.amount { change(from: old, to: limit, spent: spent) }
    self.limit = limit.amount
    // Most observations find nothing: no array is made for them.
    var actions: [Action] = []
    for threshold in thresholds {
      let place = place(of: threshold, limit.amount)
      if !isCrossed(at: place) {
        guard limit.isReached(by: spent, percent: threshold) else { continue }
        let arm = announce(threshold, limit.amount, at: place)
        actions.append(.announce(threshold: threshold, arm: arm))
      } else if rearms, let place, limit.isFarBelow(threshold, spent: spent) {
        marks[place].status = .rearmed
        actions.append(.rearm(threshold: threshold, arm: marks[place].arm))
      }
    }
    return actions
  }

  /// Notes that the projected spend exceeds the limit. True if that is news.
  package mutating func observeForecast(limit: Int64) -> Bool {
    guard place(of: Self.forecast, limit) == nil else { return false }
    _ = announce(Self.forecast, limit, at: nil)
    return true
  }

  /// Whether the threshold is crossed under the limit of the last observation.
  package func isCrossed(_ threshold: Int32) -> Bool {
    limit.map { isCrossed(at: place(of: threshold, $0)) } ?? false
  }

  /// A threshold that was crossed under the old limit, and is under the new one, was told: silent.
  /// All others are armed, but those that the new limit knows already.
  private mutating func change(from old: Int64, to limit: BudgetLimit, spent: Int64) {
    for mark in marks where mark.limit == old && mark.status != .rearmed {
      guard mark.threshold != Self.forecast,
        limit.isReached(by: spent, percent: mark.threshold)
      else { continue }
      let place = place(of: mark.threshold, limit.amount)
      if isCrossed(at: place) { continue }
      _ = announce(mark.threshold, limit.amount, at: place, status: .carried)
    }
  }

  private mutating func announce(
    _ threshold: Int32, _ limit: Int64, at place: Int?, status: Status = .told
  ) -> Int32 {
    guard let place else {
      marks.append(Mark(threshold: threshold, limit: limit, arm: 0, status: status))
      return 0
    }
    marks[place].arm &+= 1
    marks[place].status = status
    return marks[place].arm
  }

  private func place(of threshold: Int32, _ limit: Int64) -> Int? {
    marks.isEmpty
      ? nil : marks.firstIndex { $0.threshold == threshold && $0.limit == limit }
  }

  private func isCrossed(at place: Int?) -> Bool {
    place.map { marks[$0].status != .rearmed } ?? false
  }
}
