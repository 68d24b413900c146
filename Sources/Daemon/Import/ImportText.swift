import Ledger
import Record
import Source
import Support

/// A candidate's text, opened where an earlier import stopped.
final class ImportText {
  /// How the text and what the ledger knows of it go together.
  enum Agreement {
    case same
    /// Another text that begins alike.
    case different
    /// The text ends before what was read: a shorter copy.
    case covered
  }

  private(set) var agreement = Agreement.same
  private var file: HistoryFile
  /// What follows the last line end, if it came with the line that was looked at, padded for the
  /// parser.
  private var remainder: (bytes: [UInt8], offset: Int64)?

  init(_ candidate: ImportCandidate, at known: ImportFile, maxLine: Int) throws(HistoryFileError) {
    file = try HistoryFile(path: candidate.path, maxLine: maxLine, offset: known.lastLine ?? 0)
    guard let offset = known.lastLine else { return }
    agreement = .covered
    var found: ImportBatch.Line?
    // One line, whatever the budget, and at the end of the file what follows it.
    _ = try file.read(budget: 1) { line, offset in
      if found == nil {
        found = ImportBatch.Line(line, at: offset)
      } else {
        remainder = (Array(line) + [UInt8](repeating: 0, count: 64), offset)
      }
    }
    guard let found else { return }
    agreement =
      found.offset == offset && found.hash == known.lastHash ? .same : .different
  }

  /// Packed bytes that were read.
  var position: Int64 { file.position }

  /// Where the text that was read ends.
  var offset: Int64 { file.offset }

  /// Reads up to about `lines` lines or 128 MiB; false at the end.
  func read(
    into batch: ImportBatch, lines: Int64, now: Timestamp, againTo: Int64
  ) throws(HistoryFileError) -> Bool {
    if let (text, offset) = remainder {
      remainder = nil
      var bytes = text
      bytes.withUnsafeMutableBytes { bytes in
        let line = UnsafeMutableRawBufferPointer(rebasing: bytes.dropLast(64))
        batch.take(line, at: offset, now: now, againTo: againTo)
      }
      batch.noteLine()
    }
    while batch.lines < lines, batch.bytes < 128 << 20 {
      // The last ones one by one, so that there are not many more.
      let budget = lines - batch.lines < 32 ? 1 : 256 << 10
      let result = try file.read(budget: budget) { line, offset in
        batch.take(line, at: offset, now: now, againTo: againTo)
      }
      batch.note(result)
      if !result.hasMore { return false }
    }
    return true
  }
}
