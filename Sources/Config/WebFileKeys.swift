import HTTP
import Support

/// A bcrypt hash of a higher cost would keep whoever logs in waiting for seconds.
private let mostCost = 15

extension Key {
  /// A mapping of users to hashes of their passwords.
  init(
    users name: String, _ path: any WritableKeyPath<Root, [String: PasswordHash]> & Sendable
  ) {
    self.init(
      entries: name, "The users that may log in.", { $0[keyPath: path].keys.sorted() }
    ) { root, entry, field, decoder in
      guard !entry.key.isEmpty, !entry.key.contains(":"), entry.key.utf8.count <= 256 else {
        let what = "user \(entry.key.quoted): expected a name of at most 256 bytes without a colon"
        return decoder.complain(entry.mark, what)
      }
      guard let text = decoder.text(field, expected: "a bcrypt hash such as $2y$10$…") else {
        return
      }
      // The text is told to nobody: it may be the password itself.
      guard let hash = PasswordHash(text) else {
        return decoder.complain(
          field,
          "is no bcrypt hash ($2y$10$ and 53 more characters); make one with: htpasswd -nBC 10 \"\""
        )
      }
      guard hash.cost <= mostCost else {
        return decoder.complain(
          field, "its cost of \(hash.cost) is over \(mostCost), which already takes seconds")
      }
      root[keyPath: path][entry.key] = hash
    }
  }

  /// A mapping of the header lines that may be set to their values.
  init(headers name: String, _ path: any WritableKeyPath<Root, [String: String]> & Sendable) {
    self.init(
      entries: name, "Header lines of every answer.", { $0[keyPath: path].keys.sorted() }
    ) { root, entry, field, decoder in
      guard let choices = settableHeaders[entry.key] else {
        let names = settableHeaders.keys.sorted()
        let hint = Suggestion.hint(for: entry.key, in: names)
        let known = hint.isEmpty ? " (known: \(names.joined(separator: ", ")))" : hint
        return decoder.complain(
          entry.mark, "header \(entry.key.quoted) cannot be set in \(name)\(known)")
      }
      // Blank leaves it to the default.
      if field.node.isNull || field.node.content == .scalar("", quoted: true) { return }
      guard let text = decoder.text(field, expected: "a header's value") else { return }
      guard choices.isEmpty || choices.contains(text) else {
        return decoder.complain(
          field, "expected \(choices.joined(separator: " or ")), got \(text.quoted)")
      }
      root[keyPath: path][entry.key] = text
    }
  }

  private init(
    entries name: String, _ meaning: String, _ shown: @escaping @Sendable (Root) -> [String],
    _ take:
      @escaping @Sendable (
        inout Root, YAMLNode.Entry, Field, inout ConfigDecoder
      ) -> Void
  ) {
    self.init(
      names: [name],
      read: { root, mapping, decoder in
        guard let field = mapping[name], let entries = Mapping(field, &decoder) else { return }
        for entry in entries.entries { take(&root, entry, entries.field(entry), &decoder) }
      },
      show: { root in [.init(key: name, value: .list(shown(root).map { .text($0) }))] },
      rows: { _, prefix in
        [.init(path: prefix + name, type: "mapping", fallback: "none", meaning: meaning)]
      },
      restartsNeeded: { _, _, _ in [] })
  }
}

/// Those of exporter-toolkit, with the values that are allowed where not all are.
private let settableHeaders: [String: [String]] = [
  "Content-Security-Policy": [], "Strict-Transport-Security": [],
  "X-Content-Type-Options": ["nosniff"], "X-Frame-Options": ["deny", "sameorigin"],
  "X-XSS-Protection": [],
]
