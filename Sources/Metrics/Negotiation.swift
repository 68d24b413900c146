/// What a scraper's `Accept` and `Accept-Encoding` headers ask for (RFC 9110, section 12).
package enum Negotiation {
  /// Chosen from `Accept`.
  struct Choice: Equatable {
    var format: ExpositionFormat
    var contentType: String
  }

  /// The most wanted format that exists; text 0.0.4 if none does, as client_golang does.
  ///
  /// An `escaping` that was asked for with it is echoed: every name here is one that needs no
  /// escaping, so the text is the same under each of the schemes.
  static func format(accept: String?) -> Choice {
    for item in HeaderItem.list(accept ?? "") where item.quality > 0 {
      guard let choice = choice(for: item) else { continue }
      return choice
    }
    return Choice(format: .text, contentType: contentType(.text, version: "0.0.4", nil))
  }

  /// Whether gzip is accepted, and not less than no encoding at all.
  package static func allowsGzip(_ acceptEncoding: String?) -> Bool {
    let items = HeaderItem.list(acceptEncoding ?? "")
    func quality(_ names: [String]) -> Int? {
      items.first { names.contains($0.value) }?.quality
    }
    guard let gzip = quality(["gzip", "x-gzip"]) ?? quality(["*"]), gzip > 0 else { return false }
    return gzip >= quality(["identity"]) ?? 0
  }

  private static func choice(for item: HeaderItem) -> Choice? {
    let version = item.parameters["version"]
    let escaping = item.parameters["escaping"]
    switch (item.value, version) {
    case ("application/openmetrics-text", "1.0.0"):
      return Choice(
        format: .openMetrics, contentType: contentType(.openMetrics, version: "1.0.0", escaping))
    case ("application/openmetrics-text", nil), ("application/openmetrics-text", "0.0.1"):
      return Choice(
        format: .openMetrics, contentType: contentType(.openMetrics, version: "0.0.1", escaping))
    case ("text/plain", nil), ("text/plain", "0.0.4"), ("text/*", _), ("*/*", _):
      return Choice(
        format: .text, contentType: contentType(.text, version: "0.0.4", escaping))
    default:
      return nil
    }
  }

  private static let escapings: Set = ["allow-utf-8", "underscores", "dots", "values"]

  private static func contentType(
    _ format: ExpositionFormat, version: String, _ escaping: String?
  ) -> String {
    let type = format == .text ? "text/plain" : "application/openmetrics-text"
    let echo = escaping.flatMap { escapings.contains($0) ? "; escaping=\($0)" : nil }
    return "\(type); version=\(version); charset=utf-8\(echo ?? "")"
  }
}

/// One element of a header that is a list with quality values.
struct HeaderItem: Equatable {
  /// In lower case.
  var value: String
  /// Names and values in lower case, `q` left out.
  var parameters: [String: String] = [:]
  /// In thousandths; 0, for a text that is no quality, means not acceptable.
  var quality = 1000

  /// The elements of a header, the most wanted first, otherwise as they were given.
  static func list(_ header: String) -> [HeaderItem] {
    header.lowercased().split(separator: ",").map(HeaderItem.init)
      .enumerated()
      .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
      .map(\.element)
  }

  private init(_ text: Substring) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    value = HeaderItem.trimmed(parts[0])
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { continue }
      let name = HeaderItem.trimmed(pair[0])
      if name == "q" {
        quality = HeaderItem.thousandths(HeaderItem.trimmed(pair[1]))
      } else {
        parameters[name] = HeaderItem.trimmed(pair[1])
      }
    }
  }

  private static func thousandths(_ text: String) -> Int {
    guard let number = Double(text), (0...1).contains(number) else { return 0 }
    return Int(number * 1000)
  }

  /// Without white space and quotes around.
  private static func trimmed(_ text: Substring) -> String {
    let skipped: Set<Character> = [" ", "\t", "\""]
    var text = text
    while let first = text.first, skipped.contains(first) { text.removeFirst() }
    while let last = text.last, skipped.contains(last) { text.removeLast() }
    return String(text)
  }
}
