import Support

/// Records on their way from the sources to the ledger, with the text they point into.
///
/// One batch is one ledger transaction. The arrays keep their capacity from batch to batch, so that
/// reading a line allocates nothing.
package struct RecordBatch: Sendable {
  /// The texts' bytes, and some that are free: an array that grows with each text is slow.
  package private(set) var memory: [UInt8] = []
  private var used = 0
  /// Tags and metadata values, which are lists.
  package var texts: [TextRange] = []
  package var requests: [RequestRecord] = []
  package var attempts: [AttemptRecord] = []

  /// Longer texts are cut: no label, name or address is longer.
  package static let longestText = 512

  /// An empty batch.
  package init() { texts.append(.none) }

  /// All texts.
  package var bytes: ArraySlice<UInt8> { memory[..<used] }

  package var isEmpty: Bool { requests.isEmpty && attempts.isEmpty }

  /// Forgets all records and keeps the memory.
  package mutating func removeAll() {
    used = 0
    texts.removeAll(keepingCapacity: true)
    requests.removeAll(keepingCapacity: true)
    attempts.removeAll(keepingCapacity: true)
    texts.append(.none)
  }

  /// Copies `text`, cut at a character boundary to at most `longestText` bytes.
  package mutating func add(_ text: UnsafeRawBufferPointer) -> TextRange {
    guard !text.isEmpty else { return .none }
    var count = text.count
    if count > Self.longestText {
      count = Self.longestText
      while count > 0, text[count] & 0xC0 == 0x80 { count -= 1 }
    }
    let range = TextRange(start: UInt32(used), count: UInt32(count))
    used += count
    if used > memory.count { grow() }
    memory.withUnsafeMutableBytes { memory in
      guard let target = memory.baseAddress, let source = text.baseAddress else { return }
      (target + Int(range.start)).copyMemory(from: source, byteCount: count)
    }
    return range
  }

  private mutating func grow() {
    memory.append(contentsOf: repeatElement(0, count: max(used, 256)))
  }

  /// Copies a string.
  package mutating func add(_ text: String) -> TextRange {
    var text = text
    return text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// Copies a request's texts from another batch, where as many metadata values as `metadata`
  /// belong to each; returns it as it reads in this one.
  package mutating func copy(
    _ request: RequestRecord, of other: RecordBatch, metadata: Int
  ) -> RequestRecord {
    var request = request
    request.replaceTexts { copy($0, of: other) }
    let tags = Int32(texts.count)
    for tag in request.tags { texts.append(copy(other.texts[Int(tag)], of: other)) }
    request.tags = tags..<Int32(texts.count)
    guard metadata > 0, request.metadata > 0 else { return request }
    let values = Int(request.metadata)..<Int(request.metadata) + metadata
    request.metadata = Int32(texts.count)
    for value in values { texts.append(copy(other.texts[value], of: other)) }
    return request
  }

  private mutating func copy(_ text: TextRange, of other: RecordBatch) -> TextRange {
    other.memory.withUnsafeBytes { all in
      add(UnsafeRawBufferPointer(rebasing: all[Int(text.start)..<Int(text.start + text.count)]))
    }
  }

  /// XXH3's 64 bits of a text.
  package func hash(_ range: TextRange, seed: UInt64 = 0) -> UInt64 {
    memory.withUnsafeBytes { all in
      hash64(
        UnsafeRawBufferPointer(rebasing: all[Int(range.start)..<Int(range.start + range.count)]),
        seed: seed)
    }
  }

  /// The bytes of a text, for as long as `body` runs.
  // Generic bodies are not specialized for other modules of a package by themselves.
  @_specialize(where Result == UInt32)
  @_specialize(where Result == Bool)
  @_specialize(where Result == Void)
  package func withBytes<Result>(
    _ range: TextRange, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    memory.withUnsafeBytes { all in
      body(
        UnsafeRawBufferPointer(rebasing: all[Int(range.start)..<Int(range.start + range.count)]))
    }
  }

  /// A text as a string; empty if it is not there.
  package func string(_ range: TextRange) -> String {
    withBytes(range) { String(decoding: $0, as: UTF8.self) }
  }
}
