package import Support

/// A text of the past and how far it was read. It is known again by what it begins with, whatever
/// its name and packing.
package struct ImportFile: Sendable, Equatable {
  /// The most bytes of the unpacked text's head that are hashed.
  package static let headLimit = 1024

  /// 0 until the ledger has given one.
  package var id: Int64 = 0
  /// The import that reads it, or that read it last.
  package var run: Int64 = 0
  package var headLength: Int
  package var headHash: UInt64
  /// Where the last line begins that was read, in bytes of the unpacked text; nil before the first.
  package var lastLine: Int64?
  /// Of that line's first bytes.
  package var lastHash: UInt64 = 0
  /// The latest end of an event in it: its own clock, by which failures are settled.
  package var latest = Timestamp(microseconds: 0)
  /// Lines up to the one that begins here were read before, and are read again for what was left
  /// out of them then; nil if none are.
  package var againTo: Int64?
  /// What `stat` told of the file when its end was reached; 0 before.
  package var stamp: Int64 = 0

  /// A text that nothing was read of.
  package init(headLength: Int, headHash: UInt64) {
    self.headLength = headLength
    self.headHash = headHash
  }

  /// Has the text read from its begin, for what was left out.
  package mutating func readAgain() {
    againTo = lastLine
    lastLine = nil
    latest = Timestamp(microseconds: 0)
    stamp = 0
  }
}
