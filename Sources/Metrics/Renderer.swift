import Support

/// Makes expositions of snapshots and keeps the latest, so that scrapes of the same second share
/// one; not thread-safe.
struct Renderer {
  /// What a body was made of. Values that collectors compute are as old as a second.
  struct Key: Equatable {
    var generation: UInt64
    var second: Int64
  }

  private struct Rendered {
    var key: Key
    var body: [UInt8]
    var compressed: [UInt8]?
  }

  /// Also emits the families of others.
  var compatibility: [Compatibility] = [] {
    didSet { latest = [:] }
  }
  /// When counters were at 0.
  var countsSince: Timestamp?

  private let created: Bool
  private var collectors: [@Sendable (inout CollectedSamples) -> Void] = []
  private var orders = [SeriesOrder](repeating: SeriesOrder(), count: Family.allCases.count)
  private var epoch = 0
  private var latest: [ExpositionFormat: Rendered] = [:]

  init(created: Bool) { self.created = created }

  mutating func add(_ collector: @escaping @Sendable (inout CollectedSamples) -> Void) {
    collectors.append(collector)
    latest = [:]
  }

  /// The text of a snapshot at `now`.
  mutating func body(
    _ format: ExpositionFormat, of published: Registry.Snapshot, now: Timestamp
  ) -> [UInt8] {
    rendered(format, of: published, now: now).body
  }

  /// The same, compressed; nil if that is not possible.
  mutating func compressedBody(
    _ format: ExpositionFormat, of published: Registry.Snapshot, now: Timestamp
  ) -> [UInt8]? {
    var rendered = rendered(format, of: published, now: now)
    if rendered.compressed == nil {
      rendered.compressed = Gzip.compress(rendered.body)
      latest[format] = rendered
    }
    return rendered.compressed
  }

  private mutating func rendered(
    _ format: ExpositionFormat, of snapshot: Registry.Snapshot, now: Timestamp
  ) -> Rendered {
    let second = now.microseconds.quotientAndRemainder(dividingBy: 1_000_000).quotient
    let key = Key(generation: snapshot.generation, second: second)
    if let known = latest[format], known.key == key { return known }
    let old = latest.removeValue(forKey: format)?.body ?? []
    let body = render(format, snapshot.series, now: now, reusing: consume old)
    let rendered = Rendered(key: key, body: body)
    latest[format] = rendered
    return rendered
  }

  private mutating func render(
    _ format: ExpositionFormat, _ series: PublishedSeries, now: Timestamp,
    reusing old: consuming [UInt8]
  ) -> [UInt8] {
    if series.epoch != epoch {
      orders = orders.map { _ in SeriesOrder() }
      epoch = series.epoch
    }
    var collected = CollectedSamples(now: now, published: series.tables)
    for collect in collectors { collect(&collected) }
    var writer = ExpositionWriter(format, created: created, reusing: consume old)
    for (index, family) in Family.allCases.enumerated() {
      switch family.descriptor.origin {
      case .tallied:
        orders[index].update(for: series.tables[index])
        writer.write(series.tables[index], orders[index])
      case .collected:
        var order = SeriesOrder()
        order.update(for: collected.samples.tables[index])
        writer.write(collected.samples.tables[index], order)
      }
    }
    let tables = { (family: Family) in
      let published = family.descriptor.origin == .tallied ? series : collected.samples
      return published.tables[Int(family.rawValue)]
    }
    for family in compatibility.flatMap(\.families) {
      writer.write(family, of: tables, since: countsSince)
    }
    return writer.finish()
  }
}
