import Ledger
import Support

/// What a reader of an answer about usage should know.
struct UsageNote: Equatable {
  enum Code: String, CaseIterable {
    /// The period begins before what the ledger knows of.
    case beginsLater = "begins_later"
    /// Single requests of the period's begin are no longer kept.
    case notKept = "not_kept"
    case importing
    case imported
    case overlapping
    case unpriced

    /// Whether something is missing, or may be.
    var isGap: Bool {
      switch self {
      case .beginsLater, .notKept, .importing: true
      case .imported, .overlapping, .unpriced: false
      }
    }
  }

  var code: Code
  /// For people.
  var message: String

  static func all(
    of request: UsageRequest, totals: UsageSums, ledger: some UsageStore,
    options: LedgerOptions, now: Timestamp
  ) throws(LedgerError) -> [UsageNote] {
    let horizon = try ledger.usageHorizon()
    var notes: [UsageNote] = []
    let known = horizon.known(keeping: options.retention, now: now)
    if request.period.start < known {
      notes.append(
        UsageNote(
          code: .beginsLater,
          message: "the ledger begins at \(known.rfc3339): nothing is known of what came before"))
    }
    if let missing = try missingRequests(request, horizon, ledger) { notes.append(missing) }
    if horizon.isImporting {
      notes.append(
        UsageNote(code: .importing, message: "an import is not through: sums may still grow"))
    }
    if horizon.imported > 0 {
      let count = horizon.imported
      notes.append(
        UsageNote(
          code: .imported,
          message: "\(count) imported requests are in the ledger, and not in /metrics"))
    }
    return notes + ofSums(request, totals)
  }

  private static func ofSums(_ request: UsageRequest, _ totals: UsageSums) -> [UsageNote] {
    var notes: [UsageNote] = []
    if request.query.countsTwice {
      notes.append(
        UsageNote(
          code: .overlapping,
          message: "requests with several tags are in several rows; those without are in none"))
    }
    if totals.unpriced > 0 {
      notes.append(
        UsageNote(
          code: .unpriced,
          message: "no price is known for \(totals.unpriced) requests: cost is a lower bound"))
    }
    return notes
  }

  /// Whether the roll-ups know of requests that are no longer kept one by one.
  private static func missingRequests(
    _ request: UsageRequest, _ horizon: UsageHorizon, _ ledger: some UsageStore
  ) throws(LedgerError) -> UsageNote? {
    guard request.query.source == .requests else { return nil }
    let kept = horizon.firstRequest ?? request.period.end
    let end = min(kept, request.period.end).quarter
    guard request.period.start < end,
      try ledger.hasUsage(from: request.period.start.quarter, to: end)
    else { return nil }
    return UsageNote(
      code: .notKept,
      message: "single requests are kept from \(kept.rfc3339) on: what came before is missing")
  }
}

extension UsageHorizon {
  /// From when on everything is known.
  func known(keeping retention: TimeSpan, now: Timestamp) -> Timestamp {
    // What is followed begins with the ledger; imports may reach further back.
    let begin = min(created, firstQuarter ?? created).quarter
    return max(begin, (now - retention).nextQuarter)
  }
}
