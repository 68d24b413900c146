package import Metrics
package import Record
package import Support

/// All sums, by family and series, and what the last batch did to them.
///
/// Pure: it reads no clock and writes no file. The ledger stores what changed; after a commit that
/// failed, the state is thrown away and built anew from the ledger, exactly as after a crash.
package struct TallyState: Sendable {
  package internal(set) var labels: LabelSpace
  package internal(set) var tables: [SeriesTable]
  package internal(set) var rollup = RollupDelta()
  package internal(set) var recent = RecentWindow()
  package internal(set) var rateLimits = RateLimitBoard()
  /// The batch's counted requests as the ledger keeps them.
  package internal(set) var details: [RequestDetail] = []
  /// The batch's counted attempts, as far as they say something of the provider.
  package internal(set) var attempts: [CountedAttempt] = []
  /// The latest trace of each latency bucket that the batch touched.
  package internal(set) var exemplars: [ExemplarChange] = []

  let options: LabelOptions
  let prices: PriceBook?
  /// Looked up once for each model.
  var priced: [UInt64: ModelPrice?] = [:]
  /// Of the request that is counted: an array for each would cost more than the counting.
  var tags: [UInt32] = []
  let attributed: Set<LabelOptions.Attribution>
  let metadataNames: [String]

  /// A state without sums; `restore` adds the ledger's.
  package init(options: LabelOptions, labels: LabelSpace, prices: PriceBook?) {
    self.options = options
    self.labels = labels
    self.prices = prices
    attributed = Set(options.attribution)
    metadataNames = options.metadataNames
    tables = Family.allCases.map { family in
      SeriesTable(width: family.descriptor.buckets.map { $0.count + 1 } ?? 1)
    }
  }

  /// Counts everything in `batch` that is not void. `now` tells the day on which labels were used.
  package mutating func add(_ batch: RecordBatch, now: Timestamp) {
    let day = now.day
    recent.keep(to: now)
    rateLimits.keep(to: now)
    for attempt in batch.attempts where !attempt.isVoid { add(attempt, of: batch, day: day) }
    for request in batch.requests where request.form == .whole || request.form == .late {
      add(request, of: batch, day: day)
    }
    foldingCounts()
  }

  /// Takes over a series that the ledger holds, unless its labels are retired.
  package mutating func restore(_ family: Family, _ key: SeriesKey, _ numbers: [Int64]) {
    guard !labels.isRetired(key, labels: family.descriptor.labels) else { return }
    self[family].restore(key, numbers)
  }

  /// Takes over a provider's minute in the last hour.
  package mutating func restore(_ minute: RecentWindow.StoredMinute) { recent.add(minute) }

  /// Takes over what providers said of their limits, which no ledger keeps.
  package mutating func restore(_ limits: RateLimitBoard) { rateLimits = limits }

  /// Takes over label values that another process added to the ledger.
  package mutating func adopt(_ values: [LabelSpace.Value]) { labels.adopt(values) }

  /// The ledger holds everything: the next batch starts from here.
  package mutating func markWritten() {
    for index in tables.indices { tables[index].markWritten() }
    labels.markWritten()
    rollup.removeAll()
    details.removeAll(keepingCapacity: true)
    attempts.removeAll(keepingCapacity: true)
    exemplars.removeAll(keepingCapacity: true)
  }

  /// The table of a family.
  package subscript(family: Family) -> SeriesTable {
    get { tables[Int(family.rawValue)] }
    _modify { yield &tables[Int(family.rawValue)] }
  }

  /// The texts of a series' labels, in the order of the family's.
  package func texts(of key: SeriesKey, in family: Family) -> [String] {
    family.descriptor.labels.enumerated().map { place, label in labels.text(label, key[place]) }
  }

  mutating func id(_ dimension: Dimension, _ range: TextRange, of batch: RecordBatch, day: Int32)
    -> UInt32
  {
    if range.isEmpty { return Vocabulary.none }
    return batch.memory.withUnsafeBytes { labels.id(dimension, $0[range], day: day) }
  }

  mutating func knownID(
    _ dimension: Dimension, _ range: TextRange, of batch: RecordBatch, day: Int32
  ) -> UInt32 {
    if range.isEmpty { return Vocabulary.none }
    return batch.memory.withUnsafeBytes { labels.knownID(dimension, $0[range], day: day) }
  }

  /// The id for a text that does not come from a log line, such as a source's name.
  mutating func id(_ dimension: Dimension, text: String, day: Int32) -> UInt32 {
    var text = text
    return text.withUTF8 { labels.id(dimension, UnsafeRawBufferPointer($0), day: day) }
  }

  private mutating func foldingCounts() {
    var counts: [(UInt32, Int64)] = []
    labels.takeFolded { counts.append((ClosedLabel.dimension($0), $1)) }
    for (label, count) in counts { self[.valuesFolded].add(count, to: [label, 0, 0, 0]) }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate subscript(range: TextRange) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      rebasing: self[Int(range.start)..<Int(range.start) + Int(range.count)])
  }
}

/// A trace to show beside a latency bucket.
package struct ExemplarChange: Sendable {
  package var family: Family
  package var row: Int
  package var bucket: Int
  package var exemplar: Exemplar
}

extension LabelOptions {
  /// The metadata keys that the selectors name, each once.
  package var metadataNames: [String] {
    let selectors = powerLevel + extra.map(\.selector)
    var names: [String] = []
    for case .meta(let name) in selectors where !names.contains(name) { names.append(name) }
    return names
  }
}
