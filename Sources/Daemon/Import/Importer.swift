package import Config
import Ledger
import Metrics
import Record
import Source
package import Support
import Tally

/// How far an import is.
package struct ImportProgress: Sendable {
  /// The file that is read.
  package var path = ""
  /// Bytes on disk, of all files.
  package var bytes: Int64 = 0
  package var totalBytes: Int64 = 0
  package var lines: Int64 = 0
}

/// Where a batch stands.
struct ImportPlace {
  var path: String
  /// No further one will come from the file.
  var isLast = false
  /// Nor from another.
  var isFinal = false
  /// The text was read to its end.
  var isEnd = false
  /// In the middle of a line.
  var endsOpen = false
}

/// Puts files of the past into the ledger: usage and details, never the counters, never an alert.
///
/// A batch and the place in its file are committed together, so that an import can be interrupted at
/// any instant and goes on when it is called again. Transactions are short, for the daemon beside it.
package final class Importer {
  /// `--force` and `--dry-run`.
  package struct Options: Sendable {
    package var force = false
    package var isRehearsal = false

    /// Neither.
    package init() {}
  }

  let settings: PipelineSettings
  let options: Options
  let ledger: ImportLedger
  let clock: WallClock
  var tally: TallyState
  var settlement: Settlement
  var admission: Admission
  /// Whether old events have to be known too, since there are native lines and payloads of them.
  var hasFormats = false
  var days = ImportDays(run: 0, force: false)
  var run: Int64 = 0
  var report = ImportReport()
  /// What was left out of each file, by its id: requests of a day that began before some time.
  var skips: [Int64: [Int32: Timestamp]] = [:]
  /// The file read last, and whether it was read again.
  var last: (file: ImportFile, isAgain: Bool)?
  var lockedSince = Timestamp(microseconds: 0)
  /// How long the last transaction kept others from writing.
  var lockedFor = TimeSpan(microseconds: 0)
  /// What was left out and the ledger does not know yet.
  var newSkips: [(file: ImportFile, day: Int32, before: Timestamp)] = []
  private let secret: [UInt8]
  private var files: [ImportFile] = []
  private var readAgain: Set<Int64> = []
  private let batch: ImportBatch
  private let maxLine: Int
  private var progress = ImportProgress()
  private var isStopped = false
  /// Whether the last file is read.
  private var isFinal = false
  /// Whether all is in the ledger.
  var isClosed = false
  var pace = ImportPace()
  /// Whether no other process was seen to write.
  var isAlone = true
  /// Whether the last lines had to be looked up in the ledger.
  var needsLock = false
  /// Lines that were counted and not committed.
  var uncommittedLines: Int64 = 0
  /// Whether nothing is left out any more of the file that is read.
  var isReadAgain = false
  /// The report up to the last commit.
  var committed = ImportReport()

  /// Opens the ledger of `configuration`.
  package init(
    configuration: Configuration, options: Options, clock: WallClock = .system
  ) throws(AppError) {
    let settings = try PipelineSettings(configuration)
    self.settings = settings
    self.options = options
    self.clock = clock
    let ledger = try AppError.of { () throws(LedgerError) in
      try ImportLedger(options: settings.ledger, isRehearsal: options.isRehearsal)
    }
    self.ledger = ledger
    // A rehearsal counts requests, not labels.
    secret = try AppError.of { () throws(LedgerError) in
      try options.isRehearsal ? [] : ledger.ledger.secret()
    }
    let values = try AppError.of { () throws(LedgerError) in try ledger.ledger.labelValues() }
    let labels = LabelSpace(
      options: settings.labels, secret: secret, values: values, today: clock.now().day)
    tally = TallyState(options: settings.labels, labels: labels, prices: settings.prices)
    settlement = Settlement(settleAfter: [], metadataNames: [])
    let ranking = FormatRanking(sources: [], dedup: settings.ledger.dedup, metadataNames: [])
    admission = Admission(ranking: ranking, dedup: settings.ledger.dedup)
    batch = ImportBatch(metadataNames: settings.labels.metadataNames)
    maxLine = settings.sources.map(\.maxLine).max() ?? 1 << 20
    report.isRehearsal = options.isRehearsal
  }

  /// Imports the files and the files in the directories; what cannot be read is in the report.
  ///
  /// `onProgress` says whether to go on. If not, it is as after a crash: the same call later goes on
  /// at the last commit.
  package func run(
    paths: [String], onProgress: (ImportProgress) -> Bool
  ) throws(AppError) -> ImportReport {
    let candidates = survey(ImportPaths.expand(paths))
    progress.totalBytes = candidates.reduce(0) { $0 + $1.size }
    do throws(LedgerError) {
      try begin(candidates)
      var done: Int64 = 0
      for (number, candidate) in candidates.enumerated() {
        progress.path = candidate.path
        isFinal = number == candidates.count - 1
        try read(candidate) { position in
          progress.bytes = done + min(position, candidate.size)
          progress.lines = report.lines
          isStopped = !onProgress(progress)
        }
        if isStopped { return committed }
        done += candidate.size
      }
      try finish()
    } catch {
      ledger.ledger.rollback()
      throw .ledger("\(error)")
    }
    return report
  }

  private func survey(_ paths: [String]) -> [ImportCandidate] {
    var candidates: [ImportCandidate] = []
    for path in paths {
      do throws(HistoryFileError) {
        candidates.append(
          try ImportCandidate(
            path: path, maxLine: maxLine, metadataNames: settings.labels.metadataNames))
      } catch {
        report.problems.append("\(error)")
      }
    }
    return candidates.sorted(by: Self.readsBefore)
  }

  /// Takes up the interrupted run of these files, or begins one; either names them all, so that it
  /// is known which are still to come.
  private func begin(_ candidates: [ImportCandidate]) throws(LedgerError) {
    _ = try ledger.ledger.begin()
    let all = try ledger.files()
    files = all.filter { file in candidates.contains { $0.begins(as: file) } }
    run = try ledger.openRun(of: files)
    for candidate in candidates where !candidate.head.isEmpty {
      if !files.contains(where: candidate.begins) { files.append(candidate.unread) }
    }
    for index in files.indices {
      files[index].run = run
      try ledger.save(&files[index])
      skips[files[index].id] = try ledger.skips(of: files[index])
    }
    let restored = try ledger.waiting(run: run)
    let hasOldEvents = try ledger.hasOldEvents()
    hasFormats = hasOldEvents || Self.haveFormats(candidates)
    admission = try newAdmission()
    try ledger.ledger.commit()
    days = ImportDays(run: run, force: options.force)
    settlement = newSettlement(restored)
    committed = report
  }

  private func read(
    _ candidate: ImportCandidate, _ onProgress: (Int64) -> Void
  ) throws(LedgerError) {
    let opened: (ImportFile, ImportText)?
    do throws(HistoryFileError) { opened = try open(candidate) } catch {
      report.add(problem: "\(error)")
      return
    }
    guard let (known, text) = opened else {
      report.files += 1
      report.unchanged += 1
      return
    }
    guard try read(candidate, text, known, onProgress) else {
      try startOver()
      return try read(candidate, onProgress)
    }
    report.files += 1
  }

  /// False if it must be begun again at what is committed.
  private func read(
    _ candidate: ImportCandidate, _ text: ImportText, _ known: ImportFile,
    _ onProgress: (Int64) -> Void
  ) throws(LedgerError) -> Bool {
    var file = known
    file.stamp = 0
    var hasMore = true
    while hasMore {
      batch.removeAll()
      var place = ImportPlace(path: candidate.path)
      do throws(HistoryFileError) {
        hasMore = try text.read(
          into: batch, lines: needsLock ? pace.lines : pace.unlockedLines, now: clock.now(),
          againTo: file.againTo ?? -1)
        place.isEnd = !hasMore
        place.endsOpen = text.endsOpen
      } catch {
        report.add(problem: "\(error)")
        hasMore = false
      }
      if place.isEnd { file.stamp = candidate.stamp }
      place.isLast = !hasMore
      place.isFinal = isFinal && !hasMore
      last = (file, file.againTo != nil)
      guard try take(batch, of: &file, at: place) else { return false }
      last?.file = file
      onProgress(text.position)
      if isStopped { return true }
    }
    files.removeAll { $0.id == file.id }
    files.append(file)
    return true
  }

  /// Forgets what is not committed, as after a crash. It happens once at most: from then on the lock
  /// is taken first.
  private func startOver() throws(LedgerError) {
    let own = Set(files.map(\.id))
    files = try ledger.files().filter { own.contains($0.id) }
    for file in files { skips[file.id] = try ledger.skips(of: file) }
    readAgain.removeAll()
    tally = emptyTally(try ledger.ledger.labelValues(), now: clock.now())
    settlement = newSettlement(try ledger.waiting(run: run))
    admission = try newAdmission()
    days = ImportDays(run: run, force: options.force)
    newSkips.removeAll()
    isReadAgain = false
    uncommittedLines = 0
    report.restoreCounts(of: committed)
  }

  /// The text behind what was read of it; nil if that is all.
  private func open(
    _ candidate: ImportCandidate
  ) throws(HistoryFileError) -> (ImportFile, ImportText)? {
    guard !candidate.head.isEmpty else { return nil }
    for var file in files where candidate.begins(as: file) {
      let again =
        options.force && file.againTo == nil && skips[file.id]?.isEmpty == false
        && !readAgain.contains(file.id)
      if file.stamp == candidate.stamp && !again { return nil }
      let text = try ImportText(candidate, at: file, maxLine: maxLine)
      switch text.agreement {
      case .different: continue
      case .covered: return nil
      case .same where !again: return (file, text)
      case .same:
        file.readAgain()
        readAgain.insert(file.id)
        return (file, try ImportText(candidate, at: file, maxLine: maxLine))
      }
    }
    var file = candidate.unread
    file.run = run
    return (file, try ImportText(candidate, at: file, maxLine: maxLine))
  }

  private func newSettlement(_ restored: [WaitingFailure]) -> Settlement {
    Settlement(
      settleAfter: [settings.sources.map(\.settleAfter).max() ?? .minutes(2)],
      metadataNames: settings.labels.metadataNames, restored: restored)
  }

  /// Nothing counted, with the label values that the ledger holds.
  func emptyTally(_ values: [LabelSpace.Value], now: Timestamp) -> TallyState {
    let labels = LabelSpace(
      options: settings.labels, secret: secret, values: values, today: now.day)
    return TallyState(options: settings.labels, labels: labels, prices: settings.prices)
  }
}
