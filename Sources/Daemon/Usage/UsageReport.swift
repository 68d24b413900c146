import Ledger
import Support
import Tally

/// The answer to a question about usage: sorted rows of one page, and all that has to be said of them.
struct UsageReport {
  struct Row: Equatable {
    /// Of its step; of the period where there are no steps.
    var start: Timestamp
    /// In the order of `by`.
    var labels: [String]
    var sums: UsageSums
  }

  let request: UsageRequest
  private(set) var rows: [Row] = []
  /// On all pages.
  private(set) var totalRows = 0
  private(set) var totals = UsageSums()
  private(set) var notes: [UsageNote] = []

  init(
    _ request: UsageRequest, from ledger: some UsageStore, options: LedgerOptions, now: Timestamp
  ) throws(LedgerError) {
    self.request = request
    var rows: [Row] = []
    try ledger.usage(request.query) { (window, groups) throws(LedgerError) in
      guard rows.count + groups.count <= UsageQuery.mostGroups else { throw .tooManyGroups }
      for group in groups {
        totals += group.sums
        rows.append(Row(start: window.start, labels: group.labels, sums: group.sums))
      }
    }
    if let whole = request.query.whole(over: request.period) {
      totals = UsageSums()
      try ledger.usage(whole) { _, groups in for group in groups { totals += group.sums } }
    }
    notes = try UsageNote.all(
      of: request, totals: totals, ledger: ledger, options: options, now: now)
    totalRows = rows.count
    self.rows = Array(request.sorted(rows).dropFirst(request.offset).prefix(request.limit))
  }

  /// Where the next page begins; nil if this is the last.
  var nextOffset: Int? {
    let next = request.offset + rows.count
    return next < totalRows && !rows.isEmpty ? next : nil
  }

  var isComplete: Bool { !notes.contains { $0.code.isGap } }
}

extension UsageQuery {
  /// What gives the totals where rows overlap; nil where rows add up to them.
  func whole(over period: CalendarWindow) -> UsageQuery? {
    guard by.contains(.tag), !filter.contains(where: { $0.label == .tag }) else { return nil }
    var whole = UsageQuery(source: source, windows: [period], extras: extras)
    whole.filter = filter
    return whole
  }
}

extension UsageRequest {
  /// In the order asked for; rows that are alike in it by time, then by labels.
  func sorted(_ rows: [UsageReport.Row]) -> [UsageReport.Row] {
    rows.sorted { left, right in
      if let isBefore = precedes(left, right) { return isBefore != isDescending }
      if left.start != right.start { return left.start < right.start }
      return left.labels.lexicographicallyPrecedes(right.labels)
    }
  }

  /// Whether the left one is the smaller; nil if they are alike.
  private func precedes(_ left: UsageReport.Row, _ right: UsageReport.Row) -> Bool? {
    func compare<Value: Comparable>(_ left: Value, _ right: Value) -> Bool? {
      left == right ? nil : left < right
    }
    switch order {
    case .start: return compare(left.start, right.start)
    case .label(let place): return compare(left.labels[place], right.labels[place])
    default: return compare(value(left.sums), value(right.sums))
    }
  }

  private func value(_ sums: UsageSums) -> Int64 {
    switch order {
    case .cost: sums.cost
    case .requests: sums.requests
    case .errors: sums.errors
    case .tokens: sums.input &+ sums.output
    case .latency: sums.averageSuccess?.microseconds ?? -1
    case .start, .label: 0
    }
  }
}
