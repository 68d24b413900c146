package import Support

/// One measured request, shown beside the bucket it fell into, that leads to its trace.
package struct Exemplar: Sendable, Equatable {
  /// OpenMetrics allows 128 characters for names and values together.
  package static let maxTraceIDLength = 64

  /// 1 to 64 letters, digits and `-_.:`, which every kind of trace id keeps to.
  package let traceID: String
  /// In microseconds.
  package let value: Int64
  /// When it was measured.
  package let time: Timestamp

  /// Nil for a trace id that is empty, too long (half of an id leads nowhere) or no id: a client
  /// may send any text in its place.
  package init?(traceID: String, value: Int64, time: Timestamp) {
    guard (1...Exemplar.maxTraceIDLength).contains(traceID.utf8.count),
      traceID.utf8.allSatisfy(Exemplar.isAllowed)
    else { return nil }
    self.traceID = traceID
    self.value = value
    self.time = time
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
