extension Key {
  /// The keys of another section, beside the others of this one.
  init<Value>(
    inline section: Section<Value>, _ path: any WritableKeyPath<Root, Value> & Sendable
  ) {
    self.init(
      names: section.keys.flatMap(\.names),
      read: { root, mapping, decoder in
        for key in section.keys { key.read(&root[keyPath: path], mapping, &decoder) }
        section.check(&root[keyPath: path], mapping, &decoder)
      },
      show: { root in section.keys.flatMap { $0.show(root[keyPath: path]) } },
      rows: { _, prefix in section.rows(prefix) },
      restartsNeeded: { old, new, prefix in
        section.restartsNeeded(old[keyPath: path], new[keyPath: path], prefix)
      })
  }

  /// A mapping of names to mappings, each of which changes what holds for its name so far, else
  /// `base`, which stands before it in the list of keys.
  init<Value>(
    _ name: String, mapOf section: Section<Value>,
    _ path: any WritableKeyPath<Root, [String: Value]> & Sendable,
    base: any KeyPath<Root, Value> & Sendable, type: String, _ meaning: String
  ) {
    let show = { @Sendable (values: [String: Value]) in
      let sorted = values.sorted { $0.key < $1.key }
      return ShownValue.mapping(sorted.map { .init(key: $0.key, value: section.show($0.value)) })
    }
    self.init(
      names: [name],
      read: { root, mapping, decoder in
        guard let field = mapping[name], let entries = Mapping(field, &decoder) else { return }
        for entry in entries.entries {
          var value = root[keyPath: path][entry.key] ?? root[keyPath: base]
          section.read(entries.field(entry), into: &value, &decoder)
          root[keyPath: path][entry.key] = value
        }
      },
      show: { [ShownValue.Entry(key: name, value: show($0[keyPath: path]))] },
      rows: { blank, prefix in
        [
          .init(
            path: prefix + name, type: type, fallback: show(blank[keyPath: path]).flow,
            meaning: meaning)
        ]
      },
      restartsNeeded: { _, _, _ in [] })
  }
}
