/// Rows for `COPY … FROM STDIN (FORMAT binary)`, as PostgreSQL's documentation of COPY lays them out.
package struct CopyRows: Sendable {
  private(set) var bytes: [UInt8] = []
  package private(set) var count = 0

  private static let header: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF] + Array("\r\n".utf8) + [0] + [UInt8](repeating: 0, count: 8)

  /// No rows.
  package init() { bytes = Self.header }

  package var isEmpty: Bool { count == 0 }

  /// Begins a row, of which as many values have to follow as the table was given columns.
  package mutating func beginRow(columns: Int) {
    count += 1
    append(Int16(columns))
  }

  /// A `bigint`.
  package mutating func add(_ value: Int64) {
    append(Int32(8))
    append(value)
  }

  /// An `integer`.
  package mutating func add(_ value: Int32) {
    append(Int32(4))
    append(value)
  }

  /// A `double precision`.
  package mutating func add(_ value: Double) {
    append(Int32(8))
    append(Int64(bitPattern: value.bitPattern))
  }

  /// A `bigint` or NULL.
  package mutating func add(optional value: Int64?) {
    guard let value else { return addNull() }
    add(value)
  }

  /// A `text`; what PostgreSQL's text cannot hold becomes U+FFFD.
  package mutating func add(_ value: String) {
    var value = value.withoutNUL
    value.withUTF8 { utf8 in
      append(Int32(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  package mutating func addNull() { append(Int32(-1)) }

  /// Ends the rows.
  mutating func end() { append(Int16(-1)) }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
