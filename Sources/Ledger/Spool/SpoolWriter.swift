package import Record
import Support
package import Tally

/// Packs the requests of a batch for the shared ledger, a few thousand at a time.
package struct SpoolWriter {
  /// Requests in one row of the spool.
  package static let mostRequests = 8192

  private var scopes = PackedWriter()
  private var scopeCount = 0
  private var places: [Int32: Int] = [:]
  private var requests = PackedWriter()
  package private(set) var count = 0
  private let withRows: Bool

  /// Nothing yet; without `rows`, only what sums need is packed.
  package init(rows: Bool) { withRows = rows }

  package var isEmpty: Bool { count == 0 }
  package var isFull: Bool { count >= Self.mostRequests }

  /// The place of the scope that the caller knows by `slot`; `scope` describes it at its first use.
  package mutating func place(
    of slot: Int32, _ scope: () -> SpooledBatch.Scope?
  ) -> Int? {
    if let place = places[slot] { return place }
    guard let scope = scope() else { return nil }
    scopes.add(scope.budget)
    scopes.add(scope.text)
    scopes.add(scope.period.microseconds)
    places[slot] = scopeCount
    scopeCount += 1
    return scopeCount - 1
  }

  /// Adds a counted request with what it adds to budgets.
  package mutating func add(
    _ detail: RequestDetail, sides: SideValues, shares: [SpooledBatch.Share], of batch: RecordBatch
  ) {
    let record = detail.record
    count += 1
    requests.add(record.identity.start.microseconds)
    requests.add(record.identity.hash)
    requests.add((record.end - record.identity.start).microseconds)
    requests.add(flags(of: detail))
    requests.add(detail.status)
    for id in [
      detail.provider, detail.model, detail.route, detail.powerLevel, detail.key, detail.team,
      detail.extras,
    ] { requests.add(id) }
    add(detail.sums)
    requests.add(sides.user)
    requests.add(sides.endUser)
    requests.add(UInt64(sides.tags.count))
    for tag in sides.tags { requests.add(tag) }
    addRow(detail, of: batch)
    requests.add(UInt64(shares.count))
    for share in shares {
      requests.add(UInt64(share.scope))
      requests.add(share.start.microseconds)
      requests.add(share.amount)
    }
  }

  private func flags(of detail: RequestDetail) -> UInt64 {
    typealias Flag = SpooledBatch.Row.Flag
    let record = detail.record
    var flags: UInt64 = record.form == .late ? Flag.late : 0
    if record.isCacheHit { flags |= Flag.cached }
    if record.attemptStart != nil { flags |= Flag.attemptStart }
    if record.firstToken != nil { flags |= Flag.firstToken }
    if detail.reason != nil { flags |= Flag.reason }
    if detail.cost != nil { flags |= Flag.cost }
    return flags
  }

  private mutating func add(_ sums: RollupSums) {
    var mask: UInt64 = 0
    for place in 0..<RollupSums.count where sums[place] != 0 { mask |= 1 << UInt64(place) }
    requests.add(mask)
    for place in 0..<RollupSums.count where sums[place] != 0 { requests.add(sums[place]) }
  }

  private mutating func addRow(_ detail: RequestDetail, of batch: RecordBatch) {
    let record = detail.record
    let start = record.identity.start
    if let time = record.attemptStart { requests.add((time - start).microseconds) }
    if let time = record.firstToken { requests.add((time - start).microseconds) }
    if let reason = detail.reason { requests.add(Int64(reason.rawValue)) }
    if let cost = detail.cost { requests.add(cost.nanodollars) }
    requests.add(detail.servedRoute)
    requests.add(detail.deployment)
    requests.add(Int64(record.attempts))
    requests.add(Int64(record.retries))
    requests.add(Int64(record.fallbacks))
    requests.add(detail.firstProvider)
    requests.add(detail.firstModel)
    requests.add(record.tokens.input)
    requests.add(record.tokens.output)
    for text in [record.id, record.trace] {
      let kept = TextRange(start: text.start, count: withRows ? min(text.count, 128) : 0)
      batch.withBytes(kept) { requests.add($0) }
    }
  }

  /// What was added, with `events`; empty from then on.
  package mutating func take(events: [LedgerEvent]) -> [UInt8] {
    var all = PackedWriter()
    all.add(SpooledBatch.version)
    all.add(UInt64(scopeCount))
    all.append(scopes)
    all.add(UInt64(events.count))
    for event in events {
      all.add(event.time.microseconds)
      all.add(event.kind.rawValue)
      all.add(event.subject)
      all.add(event.detail.encoded)
    }
    all.add(UInt64(count))
    all.append(requests)
    scopes.removeAll()
    requests.removeAll()
    places.removeAll(keepingCapacity: true)
    (scopeCount, count) = (0, 0)
    return all.bytes
  }
}

extension RollupSums {
  /// The ledger's names for them, in the order of their places.
  package static var columns: [String] { Migrations.sums }

  /// Each by its place.
  package subscript(place: Int) -> Int64 {
    get {
      switch place {
      case 0: usual.requests
      case 1: usual.input
      case 2: usual.output
      case 3: rare.cacheRead
      case 4: rare.cacheWrite
      case 5: rare.reasoning
      case 6: usual.cost
      case 7: rare.saved
      case 8: rare.cached
      case 9: rare.unpriced
      case 10: rare.retried
      case 11: rare.fallbacks
      default: usual.waited
      }
    }
    set {
      switch place {
      case 0: usual.requests = newValue
      case 1: usual.input = newValue
      case 2: usual.output = newValue
      case 3: rare.cacheRead = newValue
      case 4: rare.cacheWrite = newValue
      case 5: rare.reasoning = newValue
      case 6: usual.cost = newValue
      case 7: rare.saved = newValue
      case 8: rare.cached = newValue
      case 9: rare.unpriced = newValue
      case 10: rare.retried = newValue
      case 11: rare.fallbacks = newValue
      default: usual.waited = newValue
      }
    }
  }

  /// How many places there are.
  package static let count = 13
}
