import Record
import Support

/// What is known of one followed file, and from it what to do next; knows no system calls.
struct TailState: Equatable {
  enum Place: Equatable {
    /// The glob matches it.
    case current
    /// Renamed out of the glob's sight.
    case rotated
    /// It has no name any more; only the open descriptor keeps it.
    case deleted
  }

  enum Step: Equatable {
    case wait
    case read
    /// The file is shorter than what was read of it: it was truncated, begin anew.
    case restart
    /// Nobody has written for a while: see whether the unterminated last line is whole.
    case judgeLastLine
    /// Nothing more will come; give up the last line, if any, and the file.
    case letGo
  }

  /// A last line that its writer did not end is judged after so long without a write.
  static let lastLineGrace = TimeSpan.seconds(2)
  /// A deleted file is kept so long after its last write: it holds disk space.
  static let deletedGrace = TimeSpan.seconds(10)
  /// A renamed file is kept so long: a process that has not reopened its log may still write, and
  /// an idle descriptor costs nothing.
  static let rotatedGrace = TimeSpan.minutes(10)

  var checkpoint: FileCheckpoint
  private(set) var place = Place.current
  /// Whether another file has taken the name.
  private(set) var hasSuccessor = false
  /// As last seen.
  var size: Int64 = 0
  /// The file's time stamp, nanoseconds since 1970.
  var modified: Int64 = 0
  /// When any of these was last seen to change.
  var changed: Timestamp
  /// Whether the file was written to and its content not yet checked since: it may have been
  /// replaced by as many other bytes.
  var isUnchecked = true
  /// First byte that was not yet searched for a line's end.
  var scanned: Int64
  /// XXH3 of the bytes before `scanned`, to notice that they were replaced.
  var scannedHash = ContentHash.empty
  /// The size at which the last line was judged, so that it is judged once.
  var judgedSize: Int64 = -1

  init(_ checkpoint: FileCheckpoint, at now: Timestamp) {
    self.checkpoint = checkpoint
    changed = now
    scanned = checkpoint.offset
  }

  /// Bytes not yet delivered.
  var lag: Int64 { max(0, size - checkpoint.offset) }

  /// Whether bytes wait that were not looked at.
  var hasUnread: Bool { size > scanned || size < checkpoint.offset || isUnchecked }

  /// Takes in what `stat` told.
  mutating func observe(size newSize: Int64, modified newModified: Int64, at now: Timestamp) {
    if newSize != size || newModified != modified { isUnchecked = true }
    if isUnchecked || now < changed { changed = now }
    modified = newModified
    // A shorter remainder is another remainder: look for its end from its start.
    if newSize < scanned { scanned = min(checkpoint.offset, newSize) }
    size = newSize
  }

  /// Takes in where the file is now.
  mutating func settle(_ newPlace: Place, hasSuccessor newHasSuccessor: Bool, at now: Timestamp) {
    if newPlace != place || newHasSuccessor != hasSuccessor { changed = now }
    place = newPlace
    hasSuccessor = newHasSuccessor
  }

  /// What to do next; `isCrowded`: more renamed files are held than should be.
  func step(at now: Timestamp, isCrowded: Bool) -> Step {
    if size < checkpoint.offset { return .restart }
    if size > scanned || isUnchecked { return .read }
    let idle = now - changed
    switch place {
    case .current: return .wait
    case .deleted where idle >= Self.deletedGrace: return .letGo
    case .rotated where hasSuccessor && idle >= Self.rotatedGrace: return .letGo
    case .rotated where hasSuccessor && isCrowded && idle >= Self.deletedGrace: return .letGo
    case .deleted, .rotated:
      let isJudged = size == judgedSize || size == checkpoint.offset
      return !isJudged && idle >= Self.lastLineGrace ? .judgeLastLine : .wait
    }
  }

  /// Everything before `offset` is delivered; `markHash` covers the bytes just before it.
  mutating func advance(to offset: Int64, markHash: UInt64) {
    checkpoint.offset = offset
    checkpoint.markHash = markHash
    scanned = max(scanned, offset)
  }

  /// The content was replaced: nothing of it was read.
  mutating func restart() {
    checkpoint = checkpoint.rewound
    scanned = 0
    scannedHash = ContentHash.empty
    judgedSize = -1
    isUnchecked = true
  }
}
