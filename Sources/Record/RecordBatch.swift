/// Records on their way from the sources to the ledger, with the text they point into.
///
/// One batch is one ledger transaction. The arrays keep their capacity from batch to batch, so that
/// reading a line allocates nothing.
package struct RecordBatch: Sendable {
  package private(set) var bytes: [UInt8] = []
  /// Tags and metadata values, which are lists.
  package var texts: [TextRange] = []
  package var requests: [RequestRecord] = []
  package var attempts: [AttemptRecord] = []

  /// Longer texts are cut: no label, name or address is longer.
  package static let longestText = 512

  /// An empty batch.
  package init() { texts.append(.none) }

  package var isEmpty: Bool { requests.isEmpty && attempts.isEmpty }

  /// Forgets all records and keeps the memory.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
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
    let start = bytes.count
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[..<count]))
    return TextRange(start: UInt32(start), count: UInt32(count))
  }

  /// Copies a string.
  package mutating func add(_ text: String) -> TextRange {
    var text = text
    return text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// The bytes of a text, for as long as `body` runs.
  // Generic bodies are not specialized for other modules of a package by themselves.
  @_specialize(where Result == UInt32)
  @_specialize(where Result == Bool)
  @_specialize(where Result == Void)
  package func withBytes<Result>(
    _ range: TextRange, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { all in
      body(
        UnsafeRawBufferPointer(rebasing: all[Int(range.start)..<Int(range.start + range.count)]))
    }
  }

  /// A text as a string; empty if it is not there.
  package func string(_ range: TextRange) -> String {
    withBytes(range) { String(decoding: $0, as: UTF8.self) }
  }
}
