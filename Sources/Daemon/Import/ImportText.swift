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

  init(_ candidate: ImportCandidate, at known: ImportFile, maxLine: Int) throws(HistoryFileError) {
    file = try HistoryFile(path: candidate.path, maxLine: maxLine, offset: known.lastLine ?? 0)
    guard let offset = known.lastLine else { return }
    agreement = .covered
    var found: ImportBatch.Line?
    // One line, whatever the budget.
    _ = try file.read(budget: 1) { found = found ?? ImportBatch.Line($0, at: $1) }
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
    while batch.lines < lines, batch.bytes < 128 << 20 {
      let result = try file.read(budget: 256 << 10) { line, offset in
        batch.take(line, at: offset, now: now, againTo: againTo)
      }
      batch.note(result)
      if !result.hasMore { return false }
    }
    return true
  }
}
