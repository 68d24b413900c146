package import Support
import Tally

extension UsageStore {
  /// Calls `body` with what every window came to, in order; groups in no order.
  ///
  /// Throws `tooManyGroups` where one window has more than are kept in memory.
  package func usage(
    _ query: UsageQuery,
    each body: (CalendarWindow, [UsageGroup]) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    try beginSnapshot()
    var scan = try UsageScan(query, in: self)
    for window in query.windows { try body(window, try scan.groups(of: window)) }
  }
}

/// Sums up the rows of one window after the other.
private struct UsageScan<Store: UsageStore> {
  private typealias Key = SIMD16<UInt32>

  private let axes: [UsageAxis]
  private let main: Store.Answer
  /// Requests of all values and of none, where the values are in a table of their own.
  private var rest: Store.Answer?
  /// Of the label that has a table of its own, which is told apart in any case.
  private var allowed: Set<UInt32>?
  private let hasSide: Bool

  private var keys: [Key] = []
  private var sums: [UsageSums] = []
  private var places: [Key: Int] = [:]

  init(_ query: UsageQuery, in store: Store) throws(LedgerError) {
    var axes: [UsageAxis] = []
    for label in query.by {
      axes.append(try UsageAxis(label, of: query.extras, in: store))
    }
    self.axes = axes
    let side = query.side
    hasSide = side != nil
    var filter: [(label: UsageLabel, ids: [UInt32])] = []
    let reading = query.filter.isEmpty ? nil : try store.labelReading()
    for (label, values) in query.filter {
      let axis = try UsageAxis(label, of: query.extras, in: store)
      let shown = values.map { value in label.shownAs.flatMap { reading?($0, value) } ?? value }
      let ids = axis.ids(of: Set(shown))
      if label.side == nil { filter.append((label, ids)) } else { allowed = Set(ids) }
    }
    let hidden = side.map { [UsageLabel($0)] } ?? []
    let table = side.map(UsageTable.side) ?? (query.source == .requests ? .request : .rollup)
    func answer(_ table: UsageTable) throws(LedgerError) -> Store.Answer {
      try store.answer(UsageQuestion(table: table, query: query, hidden: hidden, filter: filter))
    }
    main = try answer(table)
    // Who has no user is nobody, but who has no tag cannot be told from those who have several.
    if let side, side != .tag {
      rest = try answer(.rest)
    }
  }

  mutating func groups(of window: CalendarWindow) throws(LedgerError) -> [UsageGroup] {
    keys.removeAll(keepingCapacity: true)
    sums.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    if let rest { try rest.each(of: window) { rows throws(LedgerError) in try add(rows) } }
    try main.each(of: window) { rows throws(LedgerError) in
      try add(rows, isPartOfRest: rest != nil)
    }
    if hasSide { try project() }
    return zip(keys, sums).compactMap { key, sums in
      guard sums != UsageSums() else { return nil }
      let labels = axes.indices.map { axes[$0].text(key[$0]) }
      return UsageGroup(labels: labels, sums: sums)
    }
  }

  private mutating func add(
    _ rows: Store.Answer.Rows, isPartOfRest: Bool = false
  ) throws(LedgerError) {
    let labels = Int32(axes.count)
    var last = (key: Key(), place: -1)
    while try rows.step() {
      var key = Key()
      for (place, axis) in axes.enumerated() {
        key[place] = axis.number(id(rows, Int32(place)))
      }
      if hasSide { key[axes.count] = id(rows, labels) }
      if last.place < 0 || key != last.key { last = (key, try place(of: key)) }
      let row = UsageSums(rows, from: labels + (hasSide ? 1 : 0))
      sums[last.place] += row
      guard isPartOfRest else { continue }
      for (place, axis) in axes.enumerated() where axis.label.side != nil { key[place] = 0 }
      key[axes.count] = 0
      sums[try place(of: key)] -= row
    }
  }

  private func id(_ rows: some UsageCursor, _ column: Int32) -> UInt32 {
    UInt32(truncatingIfNeeded: rows.integer(column))
  }

  private mutating func place(of key: Key) throws(LedgerError) -> Int {
    if let place = places[key] { return place }
    guard keys.count < UsageQuery.mostGroups else { throw .tooManyGroups }
    places[key] = keys.count
    keys.append(key)
    sums.append(UsageSums())
    return keys.count - 1
  }

  /// Leaves out values that were not asked for, and tells apart only what was.
  private mutating func project() throws(LedgerError) {
    let (found, amounts) = (keys, sums)
    keys.removeAll(keepingCapacity: true)
    sums.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    for (key, amount) in zip(found, amounts) {
      var key = key
      if let allowed, !allowed.contains(key[axes.count]) { continue }
      key[axes.count] = 0
      sums[try place(of: key)] += amount
    }
  }
}

extension UsageLabel {
  /// What decides how a value of it is shown; nil where values are a list in code.
  fileprivate var shownAs: Dimension? {
    if case .extra = self { .value } else { dimension }
  }

  fileprivate init(_ side: SideRollupKey.Side) {
    switch side {
    case .user: self = .user
    case .endUser: self = .endUser
    case .tag: self = .tag
    }
  }
}
