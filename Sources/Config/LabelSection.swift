import Support
import Tally

extension LabelOptions {
  static let section = Section(
    blank: LabelOptions(),
    keys: [
      Key(
        "power_level",
        .list(selector, expected: "a list such as [meta.power_level, \"tag:power_level=*\"]"),
        \.powerLevel, "Where a request's power level is found; the first that is there counts."),
      Key(
        "attribution",
        .list(.choice("attribute"), expected: "a list such as [key, team]"), \.attribution,
        "Whose requests, tokens and cost have metrics: `key`, `team`, `user`, `end_user`, `tag`."),
      Key(
        "extra", extraKind, \.extra,
        "Labels of your own for `llm_extra_*`: a name and where its value is found."),
      Key(
        "limits", limitsKind, \.limits,
        "How many values a label may have before the rest reads `other`"
          + " (\(LabelOptions.defaultLimit) where not named)."),
    ],
    check: checkLimits)

  /// Names that a user's own label would clash with.
  private static let takenNames = Set(
    Dimension.allCases.map(\.text) + [
      "status", "type", "reason", "fault", "result", "served_route", "none", "other",
    ])

  private static let selector = Kind<Selector>.scalar(
    "selector", expected: "meta.NAME or \"tag:PREFIX*\"", show: { .text($0.text) }
  ) { text, _ throws(Complaint) in
    if text.hasPrefix("meta.") {
      let name = text.dropFirst("meta.".count)
      guard name.utf8.count <= 128, !name.contains(" ") else {
        throw Complaint("\(text.quoted) names no metadata key (128 bytes at most, no spaces)")
      }
      return name.isEmpty ? nil : .meta(String(name))
    }
    guard text.hasPrefix("tag:") else { return nil }
    let prefix = text.dropFirst("tag:".count)
    guard prefix.hasSuffix("*"), !prefix.dropLast().contains("*") else {
      throw Complaint("\(text.quoted) must end with its only \"*\", such as \"tag:tier=*\"")
    }
    return prefix.utf8.count <= 128 ? .tag(prefix: String(prefix.dropLast())) : nil
  }

  private static let extraKind = Kind<[Extra]>(
    name: "mapping of names to selectors",
    read: { field, decoder in
      guard let mapping = Mapping(field, &decoder) else { return nil }
      return mapping.entries.compactMap { entry in
        if let mistake = mistake(inName: entry.key) {
          decoder.complain(entry.mark, "\(mapping.path): \(mistake)")
        }
        let value = selector.read(mapping.field(entry), &decoder)
        return value.map { Extra(name: entry.key, selector: $0) }
      }
    },
    show: { extras in
      .mapping(extras.map { .init(key: $0.name, value: .text($0.selector.text)) })
    })

  private static func mistake(inName name: String) -> String? {
    let letters = { (byte: UInt8) in
      byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    let valid = name.utf8.allSatisfy { letters($0) || (0x30...0x39).contains($0) }
    guard valid, let first = name.utf8.first, letters(first), name.utf8.count <= 64 else {
      return "\(name.quoted) is not a label's name"
        + " (letters, digits and _, no digit first, 64 at most)"
    }
    return takenNames.contains(name) ? "\(name.quoted) is a name that Sidelight uses itself" : nil
  }

  private static let limitsKind = Kind<[String: Int]>(
    name: "mapping of labels to numbers",
    read: { field, decoder in
      guard let mapping = Mapping(field, &decoder) else { return nil }
      let limit = Kind<Int>.count(1...100_000, "each value costs memory in every family")
      var limits = LabelOptions().limits
      for entry in mapping.entries {
        limits[entry.key] = limit.read(mapping.field(entry), &decoder) ?? limits[entry.key]
      }
      return limits
    },
    show: { limits in
      let sorted = limits.sorted { $0.key < $1.key }
      return .mapping(sorted.map { .init(key: $0.key, value: .number(Int64($0.value))) })
    })

  private static func checkLimits(
    _ options: LabelOptions, _ mapping: Mapping, _ decoder: inout ConfigDecoder
  ) {
    guard case .mapping(let limits)? = mapping["limits"]?.node.content else { return }
    let known = Dimension.allCases.filter(\.isLabel).map(\.text)
    for entry in limits where !known.contains(entry.key) {
      let hint = Suggestion.hint(for: entry.key, in: known)
      let list = hint.isEmpty ? " (known: \(known.joined(separator: ", ")))" : hint
      decoder.complain(
        entry.mark, "unknown label \(entry.key.quoted) in \(mapping.path).limits\(list)")
    }
  }
}

extension LabelOptions.Selector {
  /// As it is written in the configuration.
  var text: String {
    switch self {
    case .meta(let name): "meta.\(name)"
    case .tag(let prefix): "tag:\(prefix)*"
    }
  }
}
