package import Support
package import Tally

/// A question about usage: what requests came to, by time and labels.
package struct UsageQuery: Sendable {
  /// Where the answer is.
  package enum Source: String, CaseIterable, Sendable {
    /// Quarters of an hour, as far back as the ledger reaches.
    case rollups
    /// Single requests, to the microsecond, kept for some days.
    case requests
  }

  package var source: Source
  /// What is summed up, each apart: in order, without overlaps. Of roll-ups, whole quarters.
  package var windows: [CalendarWindow]
  package var by: [UsageLabel] = []
  /// The values that a label may have; all labels named have to hold.
  package var filter: [(label: UsageLabel, values: [String])] = []
  package var extras: ExtraLabels

  /// What the windows came to, all labels together.
  package init(source: Source, windows: [CalendarWindow], extras: ExtraLabels) {
    self.source = source
    self.windows = windows
    self.extras = extras
  }

  /// Labels that rows can be told apart by at once.
  package static let mostLabels = 12

  /// Groups of one window: more are refused rather than kept in memory.
  package static let mostGroups = 100_000

  /// The labels that it takes to answer.
  package var labels: [UsageLabel] { by + filter.map(\.label) }

  /// The label that is kept apart from the others, if it takes one.
  package var side: SideRollupKey.Side? { labels.lazy.compactMap(\.side).first }

  /// Whether requests may be counted more than once: tags overlap.
  package var countsTwice: Bool {
    by.contains(.tag) || filter.contains { $0.label == .tag && $0.values.count > 1 }
  }
}

/// What the requests of one window with the same labels came to.
package struct UsageGroup: Sendable, Equatable {
  /// Values, in the order of the question's `by`.
  package var labels: [String]
  package var sums: UsageSums
}
