import Source

/// Where an input's lines come from.
enum SourceReader {
  case files(FileSource)
  case standardInput(StandardInputSource)
  case push(PushSource)
  case spendLogs(SpendLogSource)

  /// Itself if it is standard input, at what was not committed: what was taken cannot be read again
  /// from there.
  var standardInput: SourceReader? {
    guard case .standardInput(let input) = self else { return nil }
    input.rewind()
    return self
  }

  /// Itself if it takes pushes: whoever pushed waits for an answer.
  var push: SourceReader? {
    guard case .push = self else { return nil }
    return self
  }

  /// Itself if it reads that database in that way, at what was not committed.
  func spendLogs(_ options: SourceOptions) -> SourceReader? {
    guard case .spendLogs(let rows) = self, rows.options == options else { return nil }
    rows.rewind()
    return self
  }

  /// Whether there is something to read from at all.
  var hasFiles: Bool {
    if case .files(let files) = self { files.hasFiles } else { true }
  }

  var lagBytes: Int64 {
    switch self {
    case .files(let files): files.lagBytes
    case .standardInput(let input): input.lagBytes
    case .push(let push): push.lagBytes
    case .spendLogs(let rows): rows.lagBytes
    }
  }

  /// The files that have more to read; standard input is file 0.
  func unreadStreams(isCaughtUp: Bool) -> [Int32] {
    switch self {
    case .files(let files): files.unreadFiles.map { Int32(truncatingIfNeeded: $0) }
    case .standardInput, .push: isCaughtUp ? [] : [0]
    // Rows need no other one to be whole: nothing has to wait for a database that is slow.
    case .spendLogs: []
    }
  }

  /// What was delivered is durable.
  func commit() {
    switch self {
    case .files(let files): files.didCommit()
    case .standardInput(let input): input.commit()
    case .push(let push): push.commit()
    case .spendLogs(let rows): rows.commit()
    }
  }

  /// What was delivered since the last commit will be delivered again.
  func rewind() {
    switch self {
    case .files(let files): files.rewind()
    case .standardInput(let input): input.rewind()
    case .push(let push): push.rewind()
    case .spendLogs(let rows): rows.rewind()
    }
  }
}
