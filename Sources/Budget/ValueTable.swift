import Support

/// The values of one attribute that were seen, and which rules each of them concerns: each value's
/// text is cleaned and matched once, not at each request.
struct ValueTable: Sendable {
  /// Id 0 is no value.
  struct Value: Sendable {
    /// As labels show it.
    var text: String
    /// The clauses that it fulfils.
    var clauses: [Int32] = []
    /// The rules that are found by it.
    var rules: [Int32] = []
  }

  /// A test of this attribute that some rules share.
  struct Clause: Sendable {
    var id: Int32
    var patterns: [Glob]
    /// The rules that are looked for when it is fulfilled.
    var rules: [Int32] = []
  }

  let attribute: BudgetAttribute
  var clauses: [Clause] = []
  private(set) var values: [Value]
  private var lookup = ByteMap()
  private var ids: [String: UInt32] = [:]

  /// More are forgotten and met anew.
  static let capacity = 1 << 16

  init(_ attribute: BudgetAttribute) {
    self.attribute = attribute
    values = []
  }

  /// The clauses are complete.
  mutating func reset() {
    values = [value("none", raw: "none")]
    lookup = ByteMap()
    ids = [:]
  }

  var isFull: Bool { max(values.count, lookup.count) >= Self.capacity }

  /// The id of a value as it was logged; `clean` makes a label's text of it, nil for nothing.
  mutating func id(
    _ raw: UnsafeRawBufferPointer, clean: (UnsafeRawBufferPointer) -> String?
  ) -> UInt32 {
    guard !raw.isEmpty else { return 0 }
    let hash = hash64(raw)
    if let id = lookup.find(raw, hash: hash) { return id }
    let id = clean(raw).map { admit($0, raw: String(decoding: raw, as: UTF8.self)) } ?? 0
    lookup.insert(raw, hash: hash, id: id)
    return id
  }

  private mutating func admit(_ text: String, raw: String) -> UInt32 {
    if text == "none" { return 0 }
    // Long values that are cut alike are one, as far as they match alike.
    let value = value(text, raw: raw)
    if let id = ids[text], values[Int(id)].clauses == value.clauses { return id }
    values.append(value)
    ids[text] = UInt32(values.count - 1)
    return UInt32(values.count - 1)
  }

  /// Patterns may mean what was logged, and what the label reads.
  private func value(_ text: String, raw: String) -> Value {
    var value = Value(text: text)
    for clause in clauses
    where clause.patterns.contains(where: { $0.matches(raw) || $0.matches(text) }) {
      value.clauses.append(clause.id)
      value.rules += clause.rules
    }
    return value
  }
}
