import Support

/// Writes tables as text, one family after the other.
struct ExpositionWriter {
  let format: ExpositionFormat
  private let created: Bool
  var out: TextBuffer

  /// `created` asks for `_created` lines, which only OpenMetrics has; `old` is a text that is no
  /// longer needed and whose memory serves again, if nobody else holds it.
  init(_ format: ExpositionFormat, created: Bool, reusing old: consuming [UInt8] = []) {
    self.format = format
    self.created = created && format == .openMetrics
    out = TextBuffer(reusing: consume old)
  }

  /// Writes what is left to write and gives the text away.
  consuming func finish() -> [UInt8] {
    if format == .openMetrics { out.append("# EOF\n") }
    return out.bytes
  }

  /// A family's comments and its samples in order; nothing if it has none.
  mutating func write(_ table: SeriesTable, _ order: SeriesOrder) {
    guard table.count > 0 else { return }
    let descriptor = table.family.descriptor
    writeComments(descriptor)
    if let buckets = descriptor.buckets {
      order.forEach { writeHistogram(table, $0, $1, descriptor, buckets) }
    } else if descriptor.origin == .collected {
      order.forEach { writeNumber($1, bits: table.values[$0]) }
    } else if created, descriptor.kind == .counter {
      order.forEach { writeCounter(table, $0, $1, descriptor) }
    } else {
      table.values.withUnsafeBufferPointer { values in
        order.forEach { out.appendLine($1, values[$0], descriptor.unit) }
      }
    }
  }

  private mutating func writeComments(_ descriptor: Descriptor) {
    let name = format == .openMetrics ? descriptor.baseName : descriptor.name
    out.append("# HELP \(name) ")
    out.append(escaping: descriptor.help)
    out.append("\n# TYPE \(name) \(descriptor.kind.text)\n")
    if format == .openMetrics, let unit = descriptor.namedUnit {
      out.append("# UNIT \(name) \(unit)\n")
    }
  }

  private mutating func writeNumber(_ prefix: UnsafeBufferPointer<UInt8>, bits: Int64) {
    out.append(prefix)
    out.append(Double(bitPattern: UInt64(bitPattern: bits)))
    out.append("\n")
  }

  private mutating func writeCounter(
    _ table: SeriesTable, _ row: Int, _ prefix: UnsafeBufferPointer<UInt8>,
    _ descriptor: Descriptor
  ) {
    out.appendLine(prefix, table.values[row], descriptor.unit)
    guard let time = table.created[row] else { return }
    out.append(descriptor.baseName)
    out.append("_created")
    out.append(UnsafeBufferPointer(rebasing: prefix.dropFirst(descriptor.name.utf8.count)))
    out.append(time.microseconds, .micro)
    out.append("\n")
  }

  private mutating func writeHistogram(
    _ table: SeriesTable, _ row: Int, _ labels: UnsafeBufferPointer<UInt8>,
    _ descriptor: Descriptor, _ buckets: Buckets
  ) {
    let start = row * table.width
    var total: Int64 = 0
    for bucket in 0..<buckets.count {
      total += table.values[start + bucket]
      out.append(descriptor.name)
      out.append("_bucket{")
      out.append(labels)
      out.append(labels.isEmpty ? "le=\"" : ",le=\"")
      out.append(buckets.labels[bucket])
      out.append("\"} ")
      out.append(total, .one)
      if format == .openMetrics, let exemplar = table.exemplars[row * buckets.count + bucket] {
        write(exemplar)
      }
      out.append("\n")
    }
    let sum = table.values[start + buckets.count]
    writeSample(descriptor.name, "_sum", labels, sum, descriptor.unit)
    writeSample(descriptor.name, "_count", labels, total, .one)
    if created, let time = table.created[row] {
      writeSample(descriptor.name, "_created", labels, time.microseconds, .micro)
    }
  }

  private mutating func writeSample(
    _ name: String, _ suffix: String, _ labels: UnsafeBufferPointer<UInt8>, _ value: Int64,
    _ unit: Descriptor.Unit
  ) {
    out.append(name)
    out.append(suffix)
    if !labels.isEmpty {
      out.append("{")
      out.append(labels)
      out.append("}")
    }
    out.append(" ")
    out.append(value, unit)
    out.append("\n")
  }

  private mutating func write(_ exemplar: Exemplar) {
    out.append(" # {trace_id=\"")
    out.append(exemplar.traceID)
    out.append("\"} ")
    out.append(exemplar.value, .micro)
    out.append(" ")
    out.append(exemplar.time.microseconds, .micro)
  }
}
