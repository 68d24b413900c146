import Ledger
import Record
import Source
import Support
import Tally

/// One configured source with its decoder: bytes in, records out.
final class PipelineInput {
  let options: SourceOptions
  let index: Int32
  let name: String
  private let reader: SourceReader
  private let decoder: RecordDecoder
  private let dedup: TimeSpan
  private(set) var counts = SourceCounts()
  private(set) var status = SourceStatus()
  private(set) var problems: [Problem] = []
  private var clockWatch = ClockWatch()
  /// End of the latest event of one read.
  private var latest: Timestamp?

  /// Something for the operator, told once a minute for each `kind`.
  struct Problem {
    var kind: String
    var message: String
  }

  /// The times at which a batch is read.
  struct Times {
    /// The time of day.
    var now: Timestamp
    /// What ended over an hour after this is from the future.
    var latest: Timestamp
    /// Runs evenly: what files wait for must not depend on who sets the clock.
    var steady: Timestamp
  }

  /// More than this at a time tells nobody more.
  private static let mostProblems = 64

  /// `previous` are the inputs of a pipeline that this one's replaces, every batch committed or
  /// given up: what they took from standard input cannot be read again from there, and whoever
  /// pushed waits for an answer.
  init(
    _ options: SourceOptions, index: Int, metadataNames: [String], resume: [FileCheckpoint],
    dedup: TimeSpan, queue: PushQueue, now: Timestamp, previous: [PipelineInput] = []
  ) {
    self.options = options
    self.index = Int32(index)
    name = options.name
    self.dedup = dedup
    decoder = RecordDecoder(options, metadataNames: metadataNames)
    reader =
      switch options.input {
      case .files(let glob):
        .files(
          FileSource(
            glob: glob, start: options.start, maxLine: options.maxLine,
            rotation: options.rotation, resume: resume))
      case .standardInput:
        previous.lazy.compactMap(\.reader.standardInput).first
          ?? .standardInput(StandardInputSource(maxLine: options.maxLine))
      case .push:
        previous.lazy.compactMap(\.reader.push).first
          ?? .push(PushSource(queue: queue, maxLine: options.maxLine))
      case .spendLogs:
        previous.lazy.compactMap { $0.reader.spendLogs(options) }.first
          ?? .spendLogs(
            SpendLogSource(
              options, resume: resume, dedup: dedup, now: now, onArrival: queue.onArrival))
      }
  }

  /// Reads about `budget` bytes into `batch`. True if there is more to read right now.
  func read(into batch: inout RecordBatch, budget: Int, at times: Times) -> Bool {
    problems.removeAll()
    latest = nil
    // What was posted may have waited for long.
    let isFresh = if case .files = reader { status.isCaughtUp } else { false }
    let result =
      switch reader {
      case .files(let files):
        files.read(budget: budget, clock: times.steady) { line, offset, file in
          take(line, at: offset, file: file, into: &batch, times)
        }
      case .standardInput(let input):
        input.read(budget: budget, clock: times.steady) { line, offset, file in
          take(line, at: offset, file: file, into: &batch, times)
        }
      case .push(let push):
        push.read(budget: budget) { line, index, number in
          take(line, at: index, file: number, into: &batch, times)
        }
      case .spendLogs(let rows):
        rows.read(budget: budget) { line, offset, file in
          take(line, at: offset, file: file, into: &batch, times)
        }
      }
    counts.lines += Int64(result.lines + result.tooLong)
    counts.bytes += Int64(result.bytes)
    counts.rejected[Rejection.tooLong.index] += Int64(result.tooLong)
    for problem in result.problems { complain(problem) }
    if !reader.hasFiles, result.problems.isEmpty {
      problems.append(
        Problem(
          kind: "none \(name)",
          message: "no file matches \(name) yet; it will be read when it comes"))
    }
    if let latest, let warning = clockWatch.note(latest, isFresh: isFresh, now: times.now) {
      problems.append(Problem(kind: "clock \(name)", message: "\(name): \(warning)"))
    }
    status.isUp = reader.hasFiles && !result.problems.contains { $0.stopsReading }
    status.lagBytes = reader.lagBytes
    status.isCaughtUp = !result.hasMore
    return result.hasMore
  }

  private func take(
    _ line: UnsafeMutableRawBufferPointer, at offset: Int64, file: Int,
    into batch: inout RecordBatch, _ times: Times
  ) {
    // A line torn by a full disk is followed by an empty one.
    guard !line.isEmpty else { return }
    let requests = batch.requests.count
    let attempts = batch.attempts.count
    do throws(Rejection) {
      let format = try decoder.decode(UnsafeRawBufferPointer(line), now: times.latest, into: &batch)
      if case .push = reader {
        try refuseOld(from: requests, attempts, of: &batch, oldest: times.now - dedup)
      }
      status.note(format)
    } catch {
      if case .push(let push) = reader { push.reject() }
      counts.reject(error)
      complain(about: error, at: offset, file: file)
      return
    }
    if batch.requests.count > requests {
      batch.requests[requests].source = index
      batch.requests[requests].stream = Int32(truncatingIfNeeded: file)
      note(batch.requests[requests].end)
    } else if batch.attempts.count > attempts {
      batch.attempts[attempts].source = index
      batch.attempts[attempts].stream = Int32(truncatingIfNeeded: file)
      note(batch.attempts[attempts].end)
    }
  }

  private func note(_ end: Timestamp) { latest = max(latest ?? end, end) }

  /// No checkpoint tells whether what was pushed came before, only its identity.
  private func refuseOld(
    from requests: Int, _ attempts: Int, of batch: inout RecordBatch, oldest: Timestamp
  ) throws(Rejection) {
    if batch.requests.count > requests, batch.requests[requests].identity.start < oldest {
      batch.requests.removeLast()
      throw .tooOld
    }
    if batch.attempts.count > attempts, batch.attempts[attempts].identity.start < oldest {
      batch.attempts.removeLast()
      throw .tooOld
    }
  }

  private func complain(about rejection: Rejection, at offset: Int64, file: Int) {
    let path = path(of: file)
    let place =
      switch reader {
      case .push: "element \(offset)"
      case .spendLogs: "a row"
      case .files, .standardInput: "the line at byte \(offset)"
      }
    complain(kind: "\(rejection.rawValue) \(path)") {
      "\(path): \(place) is not counted: \(rejection.meaning)"
    }
  }

  private func complain(_ problem: TailProblem) {
    complain(kind: problem.kind) { problem.description }
  }

  /// One of a kind for each read: a file of rubbish would fill the memory with messages.
  private func complain(kind: String, _ message: () -> String) {
    guard problems.count < Self.mostProblems, !problems.contains(where: { $0.kind == kind }) else {
      return
    }
    problems.append(Problem(kind: kind, message: message()))
  }

  private func path(of file: Int) -> String {
    switch reader {
    case .files(let files): files.path(of: file)
    case .standardInput: "standard input"
    case .push, .spendLogs: name
    }
  }

  /// The files that have more to read; standard input is file 0.
  var unreadStreams: [Int32] { reader.unreadStreams(isCaughtUp: status.isCaughtUp) }

  /// Whether a commit is asked for, though there may be nothing new.
  var awaitsCommit: Bool {
    if case .push(let push) = reader { push.awaitsCommit } else { false }
  }

  /// Counts an event by what becomes of it; `stream` is that of its record.
  func count(_ fate: Admission.Fate, stream: Int32, at end: Timestamp) {
    switch fate {
    case .counted:
      counts.events += 1
      counts.lastEvent = max(counts.lastEvent ?? end, end)
      status.lastEvent = max(status.lastEvent ?? end, end)
    case .duplicate:
      counts.duplicates += 1
      if case .push(let push) = reader { push.noteDuplicate(in: stream) }
    case .held: break
    }
  }

  /// Hands the checkpoints that changed to the ledger.
  func writeCheckpoints(to ledger: CostLedger) throws(LedgerError) {
    if case .spendLogs(let rows) = reader, let changed = rows.takeChangedCheckpoint() {
      try ledger.write(changed: [changed], removed: [], source: name)
    }
    guard case .files(let files) = reader else { return }
    let (changed, removed) = files.takeChangedCheckpoints()
    try ledger.write(changed: changed, removed: removed, source: name)
  }

  /// The batch is durable.
  func didCommit() {
    counts = SourceCounts()
    reader.commit()
  }

  /// The batch is not durable: the same lines will be read again.
  func rewind() {
    counts = SourceCounts()
    reader.rewind()
  }

  /// Has `watcher` wake the ingest thread for this source's files.
  func watch(with watcher: FileWatcher) {
    guard case .files(let files) = reader else { return }
    for problem in files.watch(with: watcher) { complain(problem) }
  }

  /// Looks for new files at the next read.
  func requestScan() {
    if case .files(let files) = reader { files.requestScan() }
  }

  /// The descriptor to wait for besides the watcher's; nil for files, and when there is no room.
  var descriptor: Int32? {
    guard case .standardInput(let input) = reader, input.wantsInput else { return nil }
    return input.descriptor
  }
}
