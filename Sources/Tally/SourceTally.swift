import Metrics
package import Record
package import Support

/// What a source did while a batch was read.
package struct SourceCounts: Equatable, Sendable {
  package var lines: Int64 = 0
  package var bytes: Int64 = 0
  package var events: Int64 = 0
  package var duplicates: Int64 = 0
  /// End of the latest new event.
  package var lastEvent: Timestamp?
  /// By `Rejection.index`.
  package var rejected = [Int64](repeating: 0, count: Rejection.allCases.count)

  /// Nothing yet.
  package init() {}

  package mutating func reject(_ rejection: Rejection) { rejected[rejection.index] += 1 }
}

extension TallyState {
  /// Adds up what a source did.
  package mutating func add(_ counts: SourceCounts, source name: String, now: Timestamp) {
    let source: SeriesKey = [id(.source, text: name, day: now.day), 0, 0, 0]
    self[.sourceLines].add(counts.lines, to: source)
    self[.sourceBytes].add(counts.bytes, to: source)
    self[.sourceEvents].add(counts.events, to: source)
    self[.sourceDuplicates].add(counts.duplicates, to: source)
    if let last = counts.lastEvent {
      self[.sourceLastEvent].raise(source, to: last.microseconds)
    }
    for rejection in Rejection.allCases where counts.rejected[rejection.index] > 0 {
      self[.sourceRejected].add(
        counts.rejected[rejection.index],
        to: [source.x, ClosedLabel.rejection(rejection), 0, 0])
    }
  }
}
