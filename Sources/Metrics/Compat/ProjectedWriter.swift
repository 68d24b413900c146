import Support

extension ExpositionWriter {
  /// A projected family: comments, samples and, of counters and histograms, `_created` samples as
  /// `prometheus_client` for Python writes them; nothing if it has no rows.
  mutating func write(
    _ family: ProjectedFamily, of tables: (Family) -> SeriesTable, since: Timestamp?
  ) {
    guard let descriptor = family.descriptor else { return }
    let rows = family.rows(of: tables)
    guard !rows.isEmpty else { return }
    writeComments(
      format == .openMetrics ? family.baseName : family.name, descriptor.kind.text, family.help)
    for row in rows {
      if let buckets = descriptor.buckets {
        writeHistogram(family.name, row.labels, row.numbers, buckets)
      } else if descriptor.origin == .collected {
        begin(family.name, row.labels)
        out.append(Double(bitPattern: UInt64(bitPattern: row.numbers.first ?? 0)))
        out.append("\n")
      } else {
        writeSample(family.name, row.labels, row.numbers.first ?? 0, descriptor.unit)
      }
      // In OpenMetrics they belong to the sample, in text they are a family of gauges.
      if format == .openMetrics { writeCreated(family, descriptor, [row], since) }
    }
    if format == .text { writeCreated(family, descriptor, rows, since) }
  }

  private mutating func writeCreated(
    _ family: ProjectedFamily, _ descriptor: Descriptor,
    _ rows: [(labels: String, numbers: [Int64])], _ since: Timestamp?
  ) {
    guard descriptor.kind != .gauge, let since else { return }
    let name = family.baseName + "_created"
    if format == .text { writeComments(name, "gauge", family.help) }
    for row in rows { writeSample(name, row.labels, since.microseconds, .micro) }
  }

  private mutating func writeComments(_ name: String, _ kind: String, _ help: String) {
    out.append("# HELP \(name) ")
    out.append(escaping: help)
    out.append("\n# TYPE \(name) \(kind)\n")
  }

  private mutating func writeHistogram(
    _ name: String, _ labels: String, _ numbers: [Int64], _ buckets: Buckets
  ) {
    var total: Int64 = 0
    for (bucket, count) in numbers.dropLast().enumerated() {
      total += count
      writeSample(name + "_bucket", "\(labels),le=\"\(buckets.labels[bucket])\"", total, .one)
    }
    writeSample(name + "_count", labels, total, .one)
    writeSample(name + "_sum", labels, numbers.last ?? 0, .micro)
  }

  private mutating func writeSample(
    _ name: String, _ labels: String, _ value: Int64, _ unit: Descriptor.Unit
  ) {
    begin(name, labels)
    out.append(value, unit)
    out.append("\n")
  }

  private mutating func begin(_ name: String, _ labels: String) {
    out.append(name)
    out.append("{")
    out.append(labels)
    out.append("} ")
  }
}
