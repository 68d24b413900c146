package import Record
package import Support

/// What each provider said last of its rate limits.
package struct RateLimitBoard: Sendable {
  /// One provider and model, by label id.
  package struct Entry: Sendable {
    package var provider: UInt32
    package var model: UInt32
    package var limit: RateLimit
    package var seen: Timestamp
  }

  /// Headers older than this say nothing about now.
  package static let freshFor = TimeSpan.minutes(2)

  private var index = SeriesIndex()
  package private(set) var entries: [Entry] = []

  init() {}

  /// Takes what is said to be seen later than `now` for seen now: a clock was set back.
  mutating func keep(to now: Timestamp) {
    for row in entries.indices where entries[row].seen > now { entries[row].seen = now }
  }

  mutating func see(_ detail: RequestDetail) {
    let limit = detail.record.rateLimit
    guard limit != RateLimit() else { return }
    let (row, isNew) = index.row(of: [detail.provider, detail.model, 0, 0])
    let entry = Entry(
      provider: detail.provider, model: detail.model, limit: limit, seen: detail.record.end)
    if isNew {
      entries.append(entry)
    } else if entries[row].seen <= entry.seen {
      entries[row] = entry
    }
  }
}
