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
  /// What follows the line that was looked at, if it came with it, padded for the parser.
  private var remainder: [(bytes: [UInt8], offset: Int64)] = []

  init(_ candidate: ImportCandidate, at known: ImportFile, maxLine: Int) throws(HistoryFileError) {
    file = try HistoryFile(path: candidate.path, maxLine: maxLine, offset: known.lastLine ?? 0)
    guard let offset = known.lastLine else { return }
    agreement = .covered
    // One line, whatever the budget, and at the end of the file what follows it; or two that began as
    // one, of a container that was killed in the middle of it.
    _ = try file.read(budget: 1) { line, place in
      guard place == offset else {
        remainder.append((Array(line) + [UInt8](repeating: 0, count: 64), place))
        return
      }
      let isSame = ImportBatch.Line(line, at: place).hash == known.lastHash
      agreement = isSame || agreement == .same ? .same : .different
    }
  }

  /// Packed bytes that were read.
  var position: Int64 { file.position }

  /// Whether the text that was read ends in the middle of a line.
  var endsOpen: Bool { file.endsOpen }

  /// Reads up to about `lines` lines or 128 MiB; false at the end.
  func read(
    into batch: ImportBatch, lines: Int64, now: Timestamp, againTo: Int64
  ) throws(HistoryFileError) -> Bool {
    for (text, offset) in remainder {
      var bytes = text
      bytes.withUnsafeMutableBytes { bytes in
        let line = UnsafeMutableRawBufferPointer(rebasing: bytes.dropLast(64))
        batch.take(line, at: offset, now: now, againTo: againTo)
      }
      batch.noteLine()
    }
    remainder.removeAll()
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
