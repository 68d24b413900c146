/// The configured extra labels, whose values a request's roll-ups keep as one text.
package struct ExtraLabels: Sendable, Equatable {
  /// In the order in which the text holds them.
  package let names: [String]

  /// The labels of `labels.extra`.
  package init(_ options: LabelOptions) { names = options.extra.map(\.name) }

  /// One label's value in `tier=free,rollout=new`, in which values may hold anything; `none` where
  /// it has none, or other labels were configured when the text was made.
  package func value(of name: String, in text: String) -> String {
    if text == "other" { return text }
    var rest = Substring(text)
    for (place, current) in names.enumerated() {
      guard rest.hasPrefix("\(current)=") else { return "none" }
      rest = rest.dropFirst(current.count + 1)
      let end = place + 1 < names.count ? rest.firstRange(of: ",\(names[place + 1])=") : nil
      if current == name { return String(end.map { rest[..<$0.lowerBound] } ?? rest) }
      guard let end else { return "none" }
      rest = rest[end.lowerBound...].dropFirst()
    }
    return "none"
  }
}
