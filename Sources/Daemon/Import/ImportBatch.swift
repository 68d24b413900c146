import Record
import Source
import Support

/// The lines of one file that one transaction takes.
final class ImportBatch {
  /// Where a line begins, and what it begins with.
  struct Line: Equatable {
    var offset: Int64
    var hash: UInt64

    init(_ text: UnsafeMutableRawBufferPointer, at offset: Int64) {
      self.offset = offset
      // Lines tell themselves apart early: they begin with ids.
      hash = hash64(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text).prefix(128)))
    }
  }

  // Unchecked: nothing that a line runs through comes back here, and each passes it several times.
  @exclusivity(unchecked) var records = RecordBatch()
  private(set) var lines: Int64 = 0
  private(set) var bytes = 0
  /// How many by reason, and where the first of them begins.
  private(set) var rejected: [Rejection: (count: Int64, first: Int64)] = [:]
  /// The last line, and the last one before the run of rejected ones at the end.
  private(set) var last: Line?
  private(set) var lastUsed: Line?
  private let decoder: RecordDecoder

  /// Marks, in `stream`, a record of a line that is read for the first time.
  static let firstReading: Int32 = 1

  init(metadataNames: [String]) {
    decoder = RecordDecoder(format: .auto, metadataNames: metadataNames)
  }

  func removeAll() {
    records.removeAll()
    lines = 0
    bytes = 0
    rejected.removeAll(keepingCapacity: true)
    last = nil
    lastUsed = nil
  }

  func take(
    _ line: UnsafeMutableRawBufferPointer, at offset: Int64, now: Timestamp, againTo: Int64
  ) {
    let place = Line(line, at: offset)
    last = place
    if line.isEmpty { return }
    let count = records.requests.count
    do throws(Rejection) {
      try decoder.decode(UnsafeRawBufferPointer(line), now: now, into: &records)
    } catch {
      reject(error, at: offset)
      return
    }
    lastUsed = place
    if offset > againTo, records.requests.count > count {
      records.requests[count].stream = Self.firstReading
    }
  }

  /// Counts a line that no call of `read` told of.
  func noteLine() { lines += 1 }

  /// Takes over what a call of `read` did.
  func note(_ result: ReadResult) {
    lines += Int64(result.lines + result.tooLong)
    bytes += result.bytes
    for case .lineTooLong(let offset, _) in result.problems.map(\.cause) {
      reject(.tooLong, at: offset, count: Int64(result.tooLong))
    }
  }

  /// The line to go on behind: not one that its writer has not finished, or cannot have, when the
  /// text ends in the middle of it.
  func place(atOpenEnd isOpen: Bool) -> Line? { isOpen && last != lastUsed ? lastUsed : last }

  private func reject(_ rejection: Rejection, at offset: Int64, count: Int64 = 1) {
    let known = rejected[rejection]
    rejected[rejection] = ((known?.count ?? 0) + count, known?.first ?? offset)
  }
}
