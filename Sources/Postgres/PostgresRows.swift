internal import CPostgres
import Support

/// What a statement answered: rows, and how many it changed. Owns libpq's result.
package final class PostgresRows {
  private let result: OpaquePointer

  init(_ result: OpaquePointer) { self.result = result }

  deinit { PQclear(result) }

  /// How many rows there are.
  package var count: Int { Int(PQntuples(result)) }

  /// How many rows the statement wrote.
  package var changes: Int {
    PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
  }

  package func isNull(_ row: Int, _ column: Int) -> Bool {
    PQgetisnull(result, Int32(row), Int32(column)) == 1
  }

  /// Empty for NULL.
  package func text(_ row: Int, _ column: Int) -> String {
    String(cString: PQgetvalue(result, Int32(row), Int32(column)))
  }

  /// Nil for NULL, and for what is no whole number of 64 bits.
  package func integer(_ row: Int, _ column: Int) -> Int64? {
    isNull(row, column) ? nil : Int64(text(row, column))
  }

  /// Nil for NULL, and for what is no number.
  package func number(_ row: Int, _ column: Int) -> Double? {
    isNull(row, column) ? nil : Double(text(row, column))
  }

  package func flag(_ row: Int, _ column: Int) -> Bool { text(row, column) == "t" }

  /// A value's text in the server's encoding of it, which is UTF-8, for as long as `body` runs.
  package func withText<Value>(
    _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) -> Value
  ) -> Value {
    body(
      UnsafeRawBufferPointer(
        start: PQgetvalue(result, Int32(row), Int32(column)),
        count: Int(PQgetlength(result, Int32(row), Int32(column)))))
  }

  /// A `bytea`, whose text is `\x` and hex digits. Empty for NULL.
  package func bytes(_ row: Int, _ column: Int) -> [UInt8] {
    withText(row, column) { text in
      guard text.count >= 2 else { return [] }
      func digit(_ byte: UInt8) -> UInt8 { byte & 15 &+ (byte >> 6) &* 9 }
      return stride(from: 2, to: text.count - 1, by: 2).map {
        digit(text[$0]) << 4 | digit(text[$0 + 1])
      }
    }
  }
}
