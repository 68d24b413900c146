import Support

/// A type of value: how it is read, shown and called in the reference.
struct Kind<Value: Equatable & Sendable>: Sendable {
  /// For the reference, such as `duration`.
  let name: String
  /// Nil if the value cannot be used, which has then been told.
  let read: @Sendable (Field, inout ConfigDecoder) -> Value?
  let show: @Sendable (Value) -> ShownValue
}

extension Kind {
  /// What is written as one text; a nil of `parse` is told as `expected …, got …`.
  static func scalar(
    _ name: String, expected: String, show: @escaping @Sendable (Value) -> ShownValue,
    parse: @escaping @Sendable (String, ConfigDecoder) throws(Complaint) -> Value?
  ) -> Kind {
    Kind(
      name: name,
      read: { field, decoder in
        guard let text = decoder.text(field, expected: expected) else { return nil }
        do throws(Complaint) {
          if let value = try parse(text, decoder) { return value }
          decoder.complain(field, "expected \(expected), got \(text.quoted)")
        } catch {
          decoder.complain(field, error.text)
        }
        return nil
      },
      show: show)
  }

  /// A list of such values without repetition; `expected` names it with an example.
  static func list<Element: Hashable>(_ element: Kind<Element>, expected: String) -> Kind
  where Value == [Element] {
    Kind(
      name: "list of \(element.name)s",
      read: { field, decoder in
        guard case .sequence(let nodes) = field.node.content else {
          decoder.mismatch(field, expected: expected)
          return nil
        }
        var places: [Element: YAMLMark] = [:]
        return nodes.enumerated().compactMap { index, node in
          let item = Field(node: node, path: "\(field.path)[\(index)]")
          guard let value = element.read(item, &decoder) else { return nil }
          if let first = places.updateValue(node.mark, forKey: value) {
            decoder.complain(item, "given twice, first at \(first)")
          }
          return value
        }
      },
      show: { .list($0.map(element.show)) })
  }
}

extension Kind where Value == String {
  /// Any text that is not empty and at most `limit` bytes long.
  static func text(_ name: String, expected: String, limit: Int) -> Kind {
    scalar(name, expected: expected, show: { .text($0) }) { text, _ throws(Complaint) in
      guard text.utf8.count <= limit else { throw Complaint("is longer than \(limit) bytes") }
      return text.isEmpty ? nil : text
    }
  }

  /// A file, relative to the configuration's directory.
  static func path(_ name: String, expected: String) -> Kind {
    scalar(name, expected: expected, show: { .text($0) }) { text, decoder in
      text.isEmpty ? nil : decoder.resolve(text)
    }
  }
}

extension Kind where Value == TimeSpan {
  /// A length of time; `reason` says why it is bounded.
  static func duration(_ range: ClosedRange<TimeSpan>, _ reason: String) -> Kind {
    let show = { @Sendable (span: TimeSpan) in ShownValue.text(Quantity.text(span)) }
    return scalar("duration", expected: "a duration such as \"2m\"", show: show) {
      text, _ throws(Complaint) in
      guard let span = Quantity.duration(text) else { return nil }
      guard range.contains(span) else {
        let bounds = "\(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
        throw Complaint("\(text) is not within \(bounds): \(reason)")
      }
      return span
    }
  }
}

extension Kind where Value: FixedWidthInteger {
  /// A number of bytes; `reason` says why it is bounded.
  static func size(_ range: ClosedRange<Value>, _ reason: String) -> Kind {
    let show = { @Sendable (size: Value) in ShownValue.text(Quantity.text(bytes: Int64(size))) }
    return scalar("size", expected: "a size such as \"256MiB\"", show: show) {
      text, _ throws(Complaint) in
      guard let size = Quantity.bytes(text) else { return nil }
      guard let value = Value(exactly: size), range.contains(value) else {
        let lowest = Quantity.text(bytes: Int64(range.lowerBound))
        let highest = Quantity.text(bytes: Int64(range.upperBound))
        throw Complaint("\(text) is not within \(lowest) to \(highest): \(reason)")
      }
      return value
    }
  }

  /// A whole number; `reason` says why it is bounded.
  static func count(_ range: ClosedRange<Value>, _ reason: String) -> Kind {
    let expected = "a whole number such as 500 or 10k"
    return scalar("number", expected: expected, show: { .number(Int64($0)) }) {
      text, _ throws(Complaint) in
      guard let count = Quantity.count(text) else { return nil }
      guard let value = Value(exactly: count), range.contains(value) else {
        let bounds = "\(range.lowerBound) to \(range.upperBound)"
        throw Complaint("\(text) is not within \(bounds): \(reason)")
      }
      return value
    }
  }
}

extension Kind where Value == Double {
  /// A number that need not be whole; `reason` says why it is bounded.
  static func fraction(_ range: ClosedRange<Double>, _ reason: String) -> Kind {
    scalar("number", expected: "a number such as 0.5", show: { .fraction($0) }) {
      text, _ throws(Complaint) in
      let isPlain = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
      guard isPlain, let number = Double(text) else { return nil }
      guard range.contains(number) else {
        throw Complaint(
          "\(text) is not within \(ShownValue.fraction(range.lowerBound).flow) to"
            + " \(ShownValue.fraction(range.upperBound).flow): \(reason)")
      }
      return number
    }
  }
}

extension Kind where Value == Bool {
  /// Yes or no, in all of YAML's spellings.
  static var flag: Kind {
    scalar("flag", expected: "true or false", show: { .flag($0) }) { text, _ in
      switch text.lowercased() {
      case "true", "yes", "on": true
      case "false", "no", "off": false
      default: nil
      }
    }
  }
}

extension Kind
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of a closed list of words, which the reference names unless there is a `name` for them.
  static func choice(_ name: String? = nil) -> Kind {
    let words = Value.allCases.map(\.rawValue)
    let list = words.joined(separator: ", ")
    return scalar(
      name ?? "one of \(list)", expected: "one of \(list)", show: { .text($0.rawValue) }
    ) {
      text, _ throws(Complaint) in
      if let value = Value(rawValue: text) { return value }
      let hint = Suggestion.hint(for: text, in: words)
      throw Complaint("expected one of \(list), got \(text.quoted)\(hint)")
    }
  }
}
