package import Record
import Support

/// Follows all files that match one glob, through every kind of rotation.
///
/// The state of a file is its checkpoint. What lies behind the last line's end is not kept but read
/// again when more has come, so checkpoints and deliveries can never disagree. To be used from one
/// thread.
package final class FileSource {
  /// The bound on files followed at a time.
  static let maxFiles = 4096
  /// Renamed files held beyond this are let go early.
  static let maxRotated = 64
  /// New files are looked for so often without being told to.
  static let scanInterval = TimeSpan.seconds(1)
  /// A checkpoint whose file is nowhere is kept so long: its volume may be mounted late.
  static let absenceGrace = TimeSpan.minutes(10)

  let pattern: GlobPattern
  let start: SourceOptions.Start
  let maxLine: Int
  /// Nil to leave rotation to others.
  let rotation: SourceOptions.Rotation?
  let opening: (String) throws(SystemError) -> OpenFile

  var buffer: LineBuffer
  var containerLines: ContainerLines
  /// Bytes that the present `read` may still take.
  var budgetLeft = 0
  var directories = DirectoryCache()
  /// In the order of reading.
  var files: [TailFile] = []
  /// Those of `files`, and of `pending` while a scan runs.
  var identities: Set<FileIdentity> = []
  var nextNumber = 0
  /// Checkpoints whose files were not found yet.
  var pending: [FileCheckpoint]
  /// Files given up whose end is not committed yet, kept for `rewind`.
  var departed: [TailFile] = []
  /// How many of these were gone when checkpoints were last taken.
  var departedTaken = 0
  /// Files held open across a `rewind`, to be taken up by the next scan.
  var held: [FileIdentity: TailFile] = [:]
  var committed: [FileIdentity: FileCheckpoint]
  var taken: [FileIdentity: FileCheckpoint]
  /// Files that were renamed a moment ago, near which others may be found.
  var anchors: [RotationAnchor] = []
  /// What was told of each log that cannot be rotated.
  var rotationTroubles: [String: RotationTrouble] = [:]
  var rotationProblems: [TailProblem] = []
  var changes = NameChanges()
  var firstScan: Timestamp?
  var lastScan: Timestamp?
  var isScanRequested = true
  /// Whether a scan has taken place since files and directories were last watched.
  var isWatchDue = false
  var scanProblems: [TailProblem] = []
  var isDirty: Bool

  /// Follows what matches `glob` from `resume` on; files that no checkpoint knows are read from
  /// the beginning, or, the first time that the source runs, from `start`.
  package convenience init(
    glob: String, start: SourceOptions.Start, maxLine: Int,
    rotation: SourceOptions.Rotation? = nil, resume: [FileCheckpoint]
  ) {
    self.init(
      glob: glob, start: start, maxLine: maxLine, rotation: rotation, resume: resume,
      opening: OpenFile.init)
  }

  init(
    glob: String, start: SourceOptions.Start, maxLine: Int,
    rotation: SourceOptions.Rotation? = nil, resume: [FileCheckpoint],
    opening: @escaping (String) throws(SystemError) -> OpenFile
  ) {
    pattern = GlobPattern(glob)
    self.start = start
    self.maxLine = maxLine
    self.rotation = rotation
    self.opening = opening
    pending = resume
    committed = Dictionary(resume.map { ($0.identity, $0) }) { first, _ in first }
    taken = committed
    isDirty = false
    containerLines = ContainerLines(maxLine: maxLine)
    buffer = LineBuffer(capacity: Self.chunk + ContentHash.markLimit + Self.shortRemainder)
  }

  /// How far each file was delivered, in no particular order.
  package var checkpoints: [FileCheckpoint] { files.map(\.state.checkpoint) + pending }

  /// The numbers of the files that have more to read.
  package var unreadFiles: [Int] { files.filter(\.state.hasUnread).map(\.number) }

  /// What is to be stored together with what was counted of the deliveries so far: compared with
  /// what `didCommit` last confirmed. Rows are told apart by device and inode.
  package func takeChangedCheckpoints() -> (changed: [FileCheckpoint], removed: [FileCheckpoint]) {
    if !isDirty { return ([], []) }
    departedTaken = departed.count
    taken = Dictionary(checkpoints.map { ($0.identity, $0) }) { first, _ in first }
    let changed = taken.values.filter { committed[$0.identity] != $0 }
    let removed = committed.values.filter { taken[$0.identity] == nil }
    return (changed, removed)
  }

  /// What `takeChangedCheckpoints` last gave is durable.
  package func didCommit() {
    committed = taken
    departed.removeFirst(departedTaken)
    departedTaken = 0
    isDirty = !departed.isEmpty || checkpoints.contains { committed[$0.identity] != $0 }
  }

  /// Goes back to what is durable, as a new source would, but keeps the files open, so that
  /// deleted ones can be read again.
  package func rewind() {
    for file in departed + files { held[file.identity] = file }
    files = []
    departed = []
    departedTaken = 0
    pending = Array(committed.values)
    taken = committed
    isScanRequested = true
    isDirty = false
  }

  /// Looks for new, renamed and vanished files at the next `read`, however soon that comes.
  package func requestScan() { isScanRequested = true }

  /// Whether there is a file to follow, as of the last `read`.
  package var hasFiles: Bool { !files.isEmpty }

  /// Bytes that are there and not delivered, as of the last `read`.
  package var lagBytes: Int64 { files.reduce(0) { $0 + $1.state.lag } }

  /// Whether the last `read` left nothing to look at.
  package var isCaughtUp: Bool {
    lastScan != nil && !isScanRequested && !files.contains { $0.state.hasUnread }
  }

  /// The path of a file that was named in a delivery of the last `read`.
  package func path(of file: Int) -> String {
    let known = files.first { $0.number == file } ?? departed.first { $0.number == file }
    return known?.path ?? pattern.text
  }

  /// Has `watcher` report what happens to the files and their directories; to be called after
  /// each `read`, which may have met new ones.
  package func watch(with watcher: FileWatcher) -> [TailProblem] {
    if !isWatchDue { return [] }
    isWatchDue = false
    var paths = Set(directories.paths)
    for file in files {
      paths.insert(splitPath(file.path).directory)
      if !file.isWatched { file.isWatched = watcher.watch(file: file.file) }
    }
    if pattern.isLiteral { paths.insert(splitPath(pattern.text).directory) }
    return paths.compactMap { watcher.watch(directory: $0) }
  }
}
