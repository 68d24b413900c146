/// Header fields in the order they came; names compare without regard to case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One line of a header.
  package struct Field: Sendable, Equatable {
    /// In the case it was sent.
    package var name: String
    /// Without surrounding white space.
    package var value: String

    /// A line to send.
    package init(name: String, value: String) { (self.name, self.value) = (name, value) }
  }

  /// Every line, in order.
  package private(set) var fields: [Field] = []

  /// Lines in the order given; a name may repeat.
  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map(Field.init)
  }

  /// Adds a line, also if one of that name is there.
  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// The first value under `name`; setting it replaces every line of that name.
  package subscript(name: String) -> String? {
    get { fields.first { matches($0.name, name) }?.value }
    set {
      fields = fields.filter { !matches($0.name, name) }
      if let newValue { append(name, newValue) }
    }
  }

  /// How many lines carry `name`.
  package func count(of name: String) -> Int {
    fields.count { matches($0.name, name) }
  }

  private func matches(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
      && zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
  }

  private func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
  }
}
