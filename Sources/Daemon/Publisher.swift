import Budget
import Health
import Metrics
import Support
import Tally

/// Carries committed sums into what is exposed.
final class Publisher: Sendable {
  /// What the collectors compute gauges from.
  struct Live: Sendable {
    var labels: LabelSpace?
    var recent = RecentWindow()
    var rateLimits: [RateLimitBoard.Entry] = []
    var sources: [(name: String, status: SourceStatus)] = []
    var health: [HealthSubject] = []
    var scores: ScoreBoard?
  }

  let registry: Registry
  let live = Locked(Live())
  let budgets = BudgetBoard()

  init(registry: Registry) { self.registry = registry }

  /// Publishes the rows that changed since the last call.
  func publish(_ tally: TallyState, inputs: [PipelineInput]) {
    registry.publish { series in
      for family in Family.allCases where !tally[family].changed.isEmpty {
        Self.publish(tally, family, to: &series)
      }
      for change in tally.exemplars {
        series.setExemplar(
          change.family, row: change.row, bucket: change.bucket, change.exemplar)
      }
    }
    update(tally, inputs: inputs)
  }

  /// Publishes everything anew: after a recovery, rows may have other numbers.
  func republish(_ tally: TallyState, inputs: [PipelineInput]) {
    registry.publish { $0.reset() }
    publish(tally, inputs: inputs)
  }

  /// Publishes how the sources do, when nothing was committed.
  func update(_ inputs: [PipelineInput]) {
    let sources = inputs.map { ($0.name, $0.status) }
    live.withLock { $0.sources = sources }
  }

  /// Publishes who is well.
  func update(_ desk: HealthDesk) {
    live.withLock { live in
      live.health = desk.watch.subjects
      live.scores = desk.scores
    }
  }

  private func update(_ tally: TallyState, inputs: [PipelineInput]) {
    let sources = inputs.map { ($0.name, $0.status) }
    live.withLock { live in
      live.labels = tally.labels
      live.recent = tally.recent
      live.rateLimits = tally.rateLimits.entries
      live.sources = sources
    }
  }

  private static func publish(
    _ tally: TallyState, _ family: Family, to series: inout PublishedSeries
  ) {
    let table = tally[family]
    for row in series.count(of: family)..<max(series.count(of: family), table.rows) {
      _ = series.add(family, labels: tally.texts(of: table.index.keys[row], in: family))
    }
    for row in table.changed.map(Int.init) {
      guard family.descriptor.buckets != nil else {
        series.set(family, row: row, table.values[row])
        continue
      }
      let numbers = table.numbers(of: row)
      let counts = numbers.dropLast()
      series.setHistogram(family, row: row, counts: counts.span, sum: numbers.last ?? 0)
    }
  }
}
