import Config
import Metrics
import TestSupport
import Testing

/// What the documents say is what the code does.
struct DocumentationTests {
  @Test(
    "the documents' tables are those of the code",
    arguments: [("metrics", "deploy/metrics.md"), ("configuration", "deploy/configuration.md")])
  func tables(_ name: String, document: String) throws {
    let table = name == "metrics" ? Catalogue.markdown() : ConfigurationReference.markdown()
    let text = try Repository.text(document)
    let (begin, end) = ("<!-- \(name) -->\n", "<!-- /\(name) -->\n")
    let parts = text.components(between: begin, and: end)
    try #require(parts != nil, "\(document) has no \(begin)")
    guard let (before, found, after) = parts else { return }
    if Repository.isRecording, found != table {
      try Repository.write(before + begin + table + end + after, to: document)
    }
    #expect(found == table, "run the tests with SIDELIGHT_RECORD=1 to renew it")
  }

  @Test("every metric that a document names exists")
  func namedMetrics() throws {
    let known = Set(Catalogue.descriptors.map(\.name))
    let documents =
      try ["README.md", "CHANGELOG.md"] + Repository.files(below: "deploy", ending: ".md")
    for document in documents {
      for name in try Repository.text(document).metricNames where !known.contains(name) {
        let base = ["_bucket", "_count", "_sum"].first(where: name.hasSuffix).map {
          String(name.dropLast($0.count))
        }
        #expect(base.map(known.contains) ?? false, "\(document) names \(name)")
      }
    }
  }

  @Test("README fits on a few screens")
  func length() throws {
    #expect(try Repository.text("README.md").split(separator: "\n").count <= 350)
  }
}

extension String {
  /// What stands before, between and after two markers.
  fileprivate func components(between begin: String, and end: String) -> (String, String, String)? {
    guard let first = range(of: begin), let second = range(of: end),
      first.upperBound <= second.lowerBound
    else { return nil }
    return (
      String(self[..<first.lowerBound]), String(self[first.upperBound..<second.lowerBound]),
      String(self[second.upperBound...])
    )
  }

  private func range(of needle: String) -> Range<Index>? {
    guard let found = firstRange(of: needle) else { return nil }
    return found
  }

  /// Words that begin as metric names do and have a further part.
  fileprivate var metricNames: Set<String> {
    let words = split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    let names = words.filter { $0.hasPrefix("llm_") || $0.hasPrefix("sidelight_") }
    return Set(names).subtracting(["sidelight_callback", "sidelight_gate", "sidelight_token"])
      .filter {
        !$0.hasSuffix("_")
      }
  }
}
