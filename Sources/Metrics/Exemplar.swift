package import Support

/// One measured request, shown beside the bucket it fell into, that leads to its trace.
package struct Exemplar: Sendable, Equatable {
  /// OpenMetrics allows 128 characters for names and values together.
  package static let maxTraceIDLength = 64

  /// 1 to 64 bytes.
  package let traceID: String
  /// In microseconds.
  package let value: Int64
  /// When it was measured.
  package let time: Timestamp

  /// Nil for a trace id that is empty or too long: half of an id leads nowhere.
  package init?(traceID: String, value: Int64, time: Timestamp) {
    guard (1...Exemplar.maxTraceIDLength).contains(traceID.utf8.count) else { return nil }
    self.traceID = traceID
    self.value = value
    self.time = time
  }
}
