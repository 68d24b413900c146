/// Bytes of an exposition as they are written; no sample allocates.
struct TextBuffer {
  private(set) var bytes: [UInt8]

  /// Empty, in the memory of `old`, or in new of that size while somebody else holds it.
  init(reusing old: consuming [UInt8] = []) {
    bytes = consume old
    bytes.removeAll(keepingCapacity: true)
  }

  /// What was written, for small texts.
  var string: String { String(decoding: bytes, as: UTF8.self) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ text: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: text) }

  /// The exact decimal text of a stored integer, without trailing zeros.
  mutating func append(_ value: Int64, _ unit: Descriptor.Unit) {
    bytes.append(addingCapacity: NumberText.maxLength) { NumberText.write(value, unit, to: &$0) }
  }

  /// A whole line: `prefix`, the number, a line end.
  mutating func appendLine(
    _ prefix: UnsafeBufferPointer<UInt8>, _ value: Int64, _ unit: Descriptor.Unit
  ) {
    bytes.append(addingCapacity: prefix.count + NumberText.maxLength + 1) { line in
      line.append(copying: prefix)
      NumberText.write(value, unit, to: &line)
      line.append(UInt8(ascii: "\n"))
    }
  }

  /// The shortest text that reads back as the same number; whole numbers have no point, and
  /// `NaN`, `+Inf`, `-Inf` are spelled as Prometheus does.
  mutating func append(_ value: Double) {
    if value.isNaN {
      append("NaN")
    } else if value.isInfinite {
      append(value < 0 ? "-Inf" : "+Inf")
    } else if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
      append(whole, .one)
    } else {
      append(value.description)
    }
  }

  /// A label value or a help text: backslash, quote and line end are escaped, which is all that
  /// either format asks for; other control characters and any Unicode may stand as they are.
  mutating func append(escaping text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\n"): append("\\n")
      default: bytes.append(byte)
      }
    }
  }

  /// `name="value"` of each label, joined by commas.
  mutating func append(labels names: [Label], values: [String]) {
    var first = true
    for (name, value) in zip(names, values) {
      if !first { append(UInt8(ascii: ",")) }
      first = false
      append(name.text)
      append("=\"")
      append(escaping: value)
      append(UInt8(ascii: "\""))
    }
  }
}

extension OutputSpan<UInt8> {
  /// Appends all of `source`; traps if there is no room for it.
  mutating func append(copying source: UnsafeBufferPointer<UInt8>) {
    withUnsafeMutableBufferPointer { buffer, count in
      let room = UnsafeMutableBufferPointer(rebasing: buffer[count...])
      count += room.update(fromContentsOf: source)
    }
  }
}
