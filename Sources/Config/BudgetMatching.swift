import Budget
import Support

extension BudgetRule {
  /// Labels and the patterns that they have to match. Which labels of the user's own there are, the
  /// whole file tells: see `checkBudgets`.
  static let matchKind = Kind<[BudgetMatch]>(
    name: "mapping of labels to patterns",
    read: { field, decoder in
      guard let mapping = Mapping(field, &decoder) else { return nil }
      return mapping.entries.compactMap { entry in
        let patterns = patterns(mapping.field(entry), &decoder)
        return patterns.map { BudgetMatch(BudgetAttribute(label: entry.key), $0) }
      }
    },
    show: { match in
      .mapping(
        match.map { line in
          let patterns = line.patterns.map { ShownValue.text($0.text) }
          return .init(
            key: line.attribute.text,
            value: patterns.count == 1 ? patterns[0] : .list(patterns))
        })
    })

  private static func patterns(_ field: Field, _ decoder: inout ConfigDecoder) -> [Glob]? {
    let expected = "a value, or a list of them, such as agent-*"
    guard case .sequence(let nodes) = field.node.content else {
      return decoder.text(field, expected: expected).flatMap { glob($0, field, &decoder) }
        .map { [$0] }
    }
    guard !nodes.isEmpty else {
      decoder.complain(field, "is empty, so that nothing would match")
      return nil
    }
    return nodes.enumerated().compactMap { index, node in
      let item = Field(node: node, path: "\(field.path)[\(index)]")
      return decoder.text(item, expected: expected).flatMap { glob($0, item, &decoder) }
    }
  }

  private static func glob(
    _ text: String, _ field: Field, _ decoder: inout ConfigDecoder
  ) -> Glob? {
    guard !text.isEmpty, text.utf8.count <= 256 else {
      decoder.complain(field, "expected a value of 1 to 256 bytes")
      return nil
    }
    return Glob(text)
  }
}

extension BudgetAttribute {
  init(label: String) {
    self = Self.labels.first { $0.text == label } ?? .extra(label)
  }
}

/// What budgets refer to, and what they must not share, over all files.
struct BudgetChecks {
  let extraNames: [String]
  let receivers: [String]
  private var places: [String: String] = [:]

  /// More budgets than this are refused.
  static let mostBudgets = 10_000

  init(extraNames: [String], receivers: [String]) {
    self.extraNames = extraNames
    self.receivers = receivers
  }

  /// Checks the budgets that were read from `field`, in the decoder's file.
  mutating func check(_ field: Field?, _ decoder: inout ConfigDecoder) {
    guard let field, case .sequence(let nodes) = field.node.content else { return }
    for (index, node) in nodes.enumerated() {
      guard case .mapping(let entries) = node.content else { continue }
      let path = "\(field.path)[\(index)]"
      for entry in entries {
        let value = Field(node: entry.value, path: "\(path).\(entry.key)")
        switch entry.key {
        case "name": checkName(value, &decoder)
        case "match": checkLabels(value, &decoder)
        case "notify": checkReceivers(value, &decoder)
        default: break
        }
      }
    }
    if places.count > Self.mostBudgets {
      decoder.complain(field, "more than \(Self.mostBudgets) budgets, the most allowed")
    }
  }

  private mutating func checkName(_ field: Field, _ decoder: inout ConfigDecoder) {
    guard case .scalar(let name, _) = field.node.content, name.isPlainName else { return }
    if let first = places[name] {
      decoder.complain(field, "\(name.quoted) is the name of another budget, at \(first)")
    } else {
      places[name] = "\(decoder.file):\(field.node.mark)"
    }
  }

  private func checkLabels(_ field: Field, _ decoder: inout ConfigDecoder) {
    guard case .mapping(let entries) = field.node.content else { return }
    let known = BudgetAttribute.labels.map(\.text) + extraNames
    for entry in entries where !known.contains(entry.key) {
      let hint = Suggestion.hint(for: entry.key, in: known)
      let list =
        hint.isEmpty
        ? " (known: \(known.joined(separator: ", "))); labels of your own are named in labels.extra"
        : hint
      decoder.complain(entry.mark, "unknown label \(entry.key.quoted) in \(field.path)\(list)")
    }
  }

  private func checkReceivers(_ field: Field, _ decoder: inout ConfigDecoder) {
    guard case .sequence(let nodes) = field.node.content else { return }
    for (index, node) in nodes.enumerated() {
      guard case .scalar(let name, _) = node.content, !receivers.contains(name) else { continue }
      let hint = Suggestion.hint(for: name, in: receivers)
      let known =
        receivers.isEmpty
        ? ", there are none in receivers" : " (known: \(receivers.joined(separator: ", ")))"
      decoder.complain(
        Field(node: node, path: "\(field.path)[\(index)]"),
        "there is no receiver \(name.quoted)\(hint.isEmpty ? known : hint)")
    }
  }
}
