import Support

@testable import Metrics

/// A point in time that many tests share: 2026-11-21T12:00:00Z.
let noon = Timestamp(microseconds: 1_795_262_400_000_000)

extension Registry {
  /// The exposition as text.
  func text(_ format: ExpositionFormat = .text, now: Timestamp = noon) -> String {
    String(decoding: render(format, now: now), as: UTF8.self)
  }
}

/// The lines that are no comments.
func samples(_ text: String) -> [String] {
  text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
}

extension PublishedSeries {
  /// Adds a series and sets its value at once.
  mutating func add(_ family: Family, _ labels: [String], value: Int64) {
    set(family, row: add(family, labels: labels), value)
  }
}
