import Support

/// The values that one dimension may have.
///
/// Bounded: once `limit` values are admitted, what comes after reads `other`. Ids are dense and
/// never given twice, since the ledger keeps sums under them.
struct Vocabulary: Sendable {
  /// The label has no value.
  static let none: UInt32 = 0
  /// The label's value was not admitted.
  static let other: UInt32 = 1

  let dimension: Dimension
  let limit: Int
  /// By id.
  private(set) var texts = ["none", "other"]
  /// Values added since they were last written to the ledger.
  private(set) var added: [UInt32] = []
  /// Lookups that found no room since they were last taken.
  private(set) var folded: Int64 = 0
  private var lookup = ByteMap()
  private var ids: [String: UInt32] = [:]
  /// Values that made room after 30 days without use; their sums wait in the ledger.
  private var retired: [String: UInt32] = [:]
  /// Whether a retired value came back: its sums must be read from the ledger again.
  private(set) var hasReturned = false
  /// Day of last use, by id; days are what retirement counts in.
  private(set) var lastUsed: [Int32] = [0, 0]
  private(set) var used: Set<UInt32> = []

  init(dimension: Dimension, limit: Int) {
    self.dimension = dimension
    self.limit = limit
  }

  /// The id for `raw`: an admitted value's, a new one if there is room, else `other`.
  mutating func id(
    _ raw: UnsafeRawBufferPointer, day: Int32, with cleaner: LabelText
  ) -> UInt32 {
    guard !raw.isEmpty else { return Self.none }
    let hash = hash64(raw)
    if let id = lookup.find(raw, hash: hash) {
      use(id, on: day)
      return id
    }
    guard let text = cleaner.clean(raw, for: dimension) else { return Self.none }
    let id = admit(text)
    // Different raw texts may share a value (long ones are cut), so the shortcuts are bounded too.
    if id != Self.other, lookup.count < limit * 2 { lookup.insert(raw, hash: hash, id: id) }
    use(id, on: day)
    return id
  }

  /// The id of a value already admitted, else `other`: for values that may not enter by themselves.
  mutating func knownID(
    _ raw: UnsafeRawBufferPointer, day: Int32, with cleaner: LabelText
  ) -> UInt32 {
    guard !raw.isEmpty else { return Self.none }
    if let id = lookup.find(raw, hash: hash64(raw)) {
      use(id, on: day)
      return id
    }
    guard let text = cleaner.clean(raw, for: dimension) else { return Self.none }
    // What has made room was admitted once, by something that may name it.
    if retired[text] != nil {
      let id = admit(text)
      use(id, on: day)
      return id
    }
    return ids[text] ?? Self.other
  }

  /// Takes over a value that the ledger knows under `id`.
  mutating func restore(_ text: String, id: UInt32, lastUsed day: Int32, isRetired: Bool) {
    while texts.count <= Int(id) {
      texts.append("other")
      lastUsed.append(0)
    }
    texts[Int(id)] = text
    lastUsed[Int(id)] = day
    if isRetired {
      retired[text] = id
    } else {
      ids[text] = id
    }
  }

  /// Takes over a value that another process has just added.
  mutating func adopt(_ text: String, id: UInt32, isRetired: Bool) {
    guard ids[text] == nil, retired[text] == nil else { return }
    restore(text, id: id, lastUsed: 0, isRetired: isRetired)
  }

  func isRetired(_ id: UInt32) -> Bool {
    texts.indices.contains(Int(id)) && retired[texts[Int(id)]] == id
  }

  mutating func takeFolded() -> Int64 {
    defer { folded = 0 }
    return folded
  }

  mutating func markWritten() {
    added.removeAll(keepingCapacity: true)
    used.removeAll(keepingCapacity: true)
  }

  private mutating func admit(_ text: String) -> UInt32 {
    if let known = ids[text] { return known }
    if text == "none" { return Self.none }
    guard text != "other", ids.count < limit else {
      folded += 1
      return Self.other
    }
    if let id = retired.removeValue(forKey: text) {
      ids[text] = id
      hasReturned = true
      return id
    }
    let id = UInt32(texts.count)
    texts.append(text)
    lastUsed.append(0)
    ids[text] = id
    added.append(id)
    return id
  }

  private mutating func use(_ id: UInt32, on day: Int32) {
    guard lastUsed[Int(id)] < day, id > Self.other else { return }
    lastUsed[Int(id)] = day
    used.insert(id)
  }
}
