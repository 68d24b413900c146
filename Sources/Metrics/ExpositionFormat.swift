/// The text formats of the exposition.
package enum ExpositionFormat: Sendable, Hashable {
  /// Prometheus' text format 0.0.4.
  case text
  /// OpenMetrics 1.0 (and 0.0.1, which differs in nothing that is written here).
  case openMetrics
}

/// A whole answer to a scrape.
package struct Exposition: Sendable, Equatable {
  /// The `Content-Type` header.
  package let contentType: String
  /// The `Content-Encoding` header; nil for none.
  package let contentEncoding: String?
  package let body: [UInt8]
}
