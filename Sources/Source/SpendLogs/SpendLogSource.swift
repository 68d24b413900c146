import Postgres
package import Record
package import Support

/// The rows of LiteLLM's own database as lines. Owned by one thread.
package final class SpendLogSource {
  /// What it was made with.
  package let options: SourceOptions
  private let reader: SpendLogReader
  private let maxLine: Int
  /// Taken and not committed: what is read again after a failed commit.
  private var pages: [SpendLogReader.Page] = []
  /// The next row to deliver.
  private var place = (page: 0, row: 0)
  private var checkpoint: FileCheckpoint
  private var isCheckpointChanged: Bool
  private var line: [UInt8] = []

  /// Begins to read where `resume` says, else as the options do. `dedup` is how long the ledger
  /// remembers what was counted.
  package init(
    _ options: SourceOptions, resume: [FileCheckpoint], dedup: TimeSpan, now: Timestamp,
    onArrival: @escaping @Sendable () -> Void
  ) {
    self.options = options
    maxLine = options.maxLine
    let first = Timestamp(microseconds: options.start == .end ? now.microseconds : 0)
    checkpoint = resume.first ?? FileCheckpoint(SpendLogCursor(start: first, id: ""), floor: first)
    isCheckpointChanged = resume.isEmpty
    reader = SpendLogReader(
      .init(
        database: options.database, cursor: checkpoint.cursor,
        floor: Timestamp(microseconds: checkpoint.born), dedup: dedup), onArrival: onArrival)
  }

  /// Rows read and not delivered, in bytes.
  package var lagBytes: Int64 {
    var bytes = 0
    for (index, page) in pages.enumerated() where index >= place.page {
      let first = index == place.page ? place.row : 0
      for row in page.rows.dropFirst(first) { bytes += row.line.count }
    }
    return Int64(bytes)
  }

  /// Delivers about `budget` bytes of rows, each with its number; valid as the lines of a file are.
  package func read(
    budget: Int,
    _ deliver: (_ line: UnsafeMutableRawBufferPointer, _ offset: Int64, _ file: Int) -> Void
  ) -> ReadResult {
    var result = ReadResult()
    while result.bytes < budget, let row = nextRow() {
      result.bytes += row.line.count
      guard row.line.count <= maxLine else {
        result.tooLong += 1
        continue
      }
      result.lines += 1
      line.removeAll(keepingCapacity: true)
      line += row.line
      line += repeatElement(0, count: JSONLine.padding)
      line.withUnsafeMutableBytes {
        deliver(UnsafeMutableRawBufferPointer(rebasing: $0[..<row.line.count]), 0, 0)
      }
    }
    result.hasMore = place.page < pages.count || reader.hasPages
    if let problem = reader.problem {
      result.problems.append(TailProblem(path: options.name, cause: .cannotRead(problem)))
    }
    return result
  }

  private func nextRow() -> SpendLogRow? {
    while true {
      if place.page == pages.count {
        guard let page = reader.take() else { return nil }
        pages.append(page)
      }
      let rows = pages[place.page].rows
      if place.row < rows.count {
        defer { place.row += 1 }
        return rows[place.row]
      }
      place = (place.page + 1, 0)
    }
  }

  /// Where the table was read to, if that is to be committed with what it counted.
  package func takeChangedCheckpoint() -> FileCheckpoint? {
    if let cursor = pages.prefix(place.page).last(where: { $0.cursor != nil })?.cursor {
      checkpoint = FileCheckpoint(cursor, floor: Timestamp(microseconds: checkpoint.born))
      isCheckpointChanged = true
    }
    return isCheckpointChanged ? checkpoint : nil
  }

  /// What was delivered is durable.
  package func commit() {
    isCheckpointChanged = false
    // Of a page that was read in part, the rest is read again after a crash.
    let unfinished = place.row
    pages.removeFirst(place.page)
    if unfinished > 0 { pages[0].rows.removeFirst(unfinished) }
    place = (0, 0)
  }

  /// Delivers again what came after the last `commit`.
  package func rewind() { place = (0, 0) }
}

extension SourceOptions {
  /// The database of `spend_logs`.
  var database: PostgresOptions {
    guard case .spendLogs(let url) = input else { return PostgresOptions(url: "") }
    var database = PostgresOptions(url: url, password: password)
    database.isReadOnly = true
    return database
  }
}

/// The ledger keeps places in files; of a table, its cursor: the id in place of a name, the start in
/// place of the offset.
extension FileCheckpoint {
  init(_ cursor: SpendLogCursor, floor: Timestamp) {
    self.init(
      path: cursor.id, device: 0, inode: 0, born: floor.microseconds, headLength: 0, headHash: 0,
      markHash: 0, offset: cursor.start.microseconds)
  }

  var cursor: SpendLogCursor {
    SpendLogCursor(start: Timestamp(microseconds: offset), id: path)
  }
}
