import Support

/// The keys of one mapping of the file and the options that they fill in.
struct Section<Root: Equatable & Sendable>: Sendable {
  /// Before anything is read: the defaults.
  let blank: Root
  let keys: [Key<Root>]
  /// What keys must fulfil together.
  let check: @Sendable (inout Root, Mapping, inout ConfigDecoder) -> Void

  init(
    blank: Root, keys: [Key<Root>],
    check: @escaping @Sendable (Root, Mapping, inout ConfigDecoder) -> Void = { _, _, _ in }
  ) {
    self.init(blank: blank, keys: keys, complete: { check($0, $1, &$2) })
  }

  /// With a check that also adds what other files say.
  init(
    blank: Root, keys: [Key<Root>],
    complete check: @escaping @Sendable (inout Root, Mapping, inout ConfigDecoder) -> Void
  ) {
    self.blank = blank
    self.keys = keys
    self.check = check
  }

  /// Fills `root` from the mapping in `field`, telling every problem.
  func read(_ field: Field, into root: inout Root, _ decoder: inout ConfigDecoder) {
    guard let mapping = Mapping(field, &decoder) else { return }
    mapping.refuseKeys(otherThan: keys.flatMap(\.names), &decoder)
    for key in keys { key.read(&root, mapping, &decoder) }
    check(&root, mapping, &decoder)
  }

  func show(_ root: Root) -> ShownValue {
    .mapping(keys.flatMap { $0.show(root) })
  }

  func rows(_ prefix: String) -> [ConfigurationReference.Row] {
    keys.flatMap { $0.rows(blank, prefix) }
  }

  func restartsNeeded(_ old: Root, _ new: Root, _ prefix: String) -> [String] {
    keys.flatMap { $0.restartsNeeded(old, new, prefix) }
  }
}

/// One key: declared once, and read, shown, documented and compared from that.
struct Key<Root: Equatable & Sendable>: Sendable {
  /// Its name in the file; a secret has two.
  let names: [String]
  let read: @Sendable (inout Root, Mapping, inout ConfigDecoder) -> Void
  let show: @Sendable (Root) -> [ShownValue.Entry]
  let rows: @Sendable (Root, String) -> [ConfigurationReference.Row]
  let restartsNeeded: @Sendable (Root, Root, String) -> [String]
}

extension Key {
  /// Whether a reload can change a key.
  enum Change {
    case byReload
    case byRestart
  }

  /// A key with a default. `fallback` describes a default that is not the same everywhere.
  init<Value>(
    _ name: String, _ kind: Kind<Value>, _ path: any WritableKeyPath<Root, Value> & Sendable,
    fallback: String? = nil, change: Change = .byReload, _ meaning: String
  ) {
    names = [name]
    read = { root, mapping, decoder in
      guard let value = mapping[name].flatMap({ kind.read($0, &decoder) }) else { return }
      root[keyPath: path] = value
    }
    show = { [ShownValue.Entry(key: name, value: kind.show($0[keyPath: path]))] }
    rows = { blank, prefix in
      let fallback = fallback ?? kind.show(blank[keyPath: path]).flow
      return [
        .init(
          path: prefix + name, type: kind.name, fallback: fallback, meaning: meaning,
          needsRestart: change == .byRestart)
      ]
    }
    restartsNeeded = { old, new, prefix in
      change == .byRestart && old[keyPath: path] != new[keyPath: path] ? [prefix + name] : []
    }
  }

  /// A key whose default is to have no value.
  init<Value>(
    optional name: String, _ kind: Kind<Value>,
    _ path: any WritableKeyPath<Root, Value?> & Sendable,
    fallback: String = "none", change: Change = .byReload, _ meaning: String
  ) {
    names = [name]
    read = { root, mapping, decoder in
      guard let value = mapping[name].flatMap({ kind.read($0, &decoder) }) else { return }
      root[keyPath: path] = value
    }
    show = { root in
      root[keyPath: path].map { [ShownValue.Entry(key: name, value: kind.show($0))] } ?? []
    }
    rows = { _, prefix in
      [
        .init(
          path: prefix + name, type: kind.name, fallback: fallback, meaning: meaning,
          needsRestart: change == .byRestart)
      ]
    }
    restartsNeeded = { old, new, prefix in
      change == .byRestart && old[keyPath: path] != new[keyPath: path] ? [prefix + name] : []
    }
  }

  /// A secret, given as `name` or in a file as `name_file`.
  init(
    secret name: String, _ secret: Secret,
    _ path: any WritableKeyPath<Root, String?> & Sendable, _ meaning: String
  ) {
    let fileName = "\(name)_file"
    names = [name, fileName]
    read = { root, mapping, decoder in
      guard let value = secret.read(mapping, name, fileName, &decoder) else { return }
      root[keyPath: path] = value
    }
    show = { root in
      root[keyPath: path].map { _ in [ShownValue.Entry(key: name, value: .redacted)] } ?? []
    }
    rows = { _, prefix in
      [
        .init(path: prefix + name, type: "secret", fallback: "none", meaning: meaning),
        .init(
          path: prefix + fileName, type: "file", fallback: "none",
          meaning: "The file that holds `\(name)`, instead of `\(name)` itself."),
      ]
    }
    restartsNeeded = { _, _, _ in [] }
  }

  /// A mapping with keys of its own.
  init<Value>(
    _ name: String, section: Section<Value>,
    _ path: any WritableKeyPath<Root, Value> & Sendable
  ) {
    names = [name]
    read = { root, mapping, decoder in
      guard let field = mapping[name] else { return }
      section.read(field, into: &root[keyPath: path], &decoder)
    }
    show = { root in
      let shown = section.show(root[keyPath: path])
      return shown == .mapping([]) ? [] : [ShownValue.Entry(key: name, value: shown)]
    }
    rows = { _, prefix in section.rows("\(prefix)\(name).") }
    restartsNeeded = { old, new, prefix in
      section.restartsNeeded(old[keyPath: path], new[keyPath: path], "\(prefix)\(name).")
    }
  }

  /// A mapping with keys of its own that has no value unless it is given.
  init<Value>(
    optional name: String, section: Section<Value>,
    _ path: any WritableKeyPath<Root, Value?> & Sendable
  ) {
    names = [name]
    read = { root, mapping, decoder in
      guard let field = mapping[name] else { return }
      var value = section.blank
      section.read(field, into: &value, &decoder)
      root[keyPath: path] = value
    }
    show = { root in
      root[keyPath: path].map { [ShownValue.Entry(key: name, value: section.show($0))] } ?? []
    }
    rows = { _, prefix in section.rows("\(prefix)\(name).") }
    restartsNeeded = { _, _, _ in [] }
  }

  /// A list of mappings, at least one unless it `mayBeEmpty`, which it then is by default.
  init<Value>(
    _ name: String, listOf section: Section<Value>,
    _ path: any WritableKeyPath<Root, [Value]> & Sendable, mayBeEmpty: Bool = false,
    _ meaning: String
  ) {
    names = [name]
    read = { root, mapping, decoder in
      guard let field = mapping[name] else { return }
      guard case .sequence(let nodes) = field.node.content, mayBeEmpty || !nodes.isEmpty else {
        let empty = field.node.content == .sequence([])
        return empty
          ? decoder.complain(field, "is empty, expected at least one entry")
          : decoder.mismatch(field, expected: "a list of mappings (\"- key: value\")")
      }
      root[keyPath: path] = nodes.enumerated().map { index, node in
        var value = section.blank
        let item = Field(node: node, path: "\(field.path)[\(index)]")
        section.read(item, into: &value, &decoder)
        return value
      }
    }
    show = { root in
      let values = root[keyPath: path]
      return values.isEmpty ? [] : [.init(key: name, value: .list(values.map(section.show)))]
    }
    rows = { blank, prefix in
      let shown = ShownValue.list(blank[keyPath: path].map(section.show)).flow
      let row = ConfigurationReference.Row(
        path: prefix + name, type: "list of mappings", fallback: shown, meaning: meaning)
      return [row] + section.rows("\(prefix)\(name)[].")
    }
    restartsNeeded = { _, _, _ in [] }
  }
}
