import Glibc
import Record
import Support
import TestSupport

@testable import Source

/// Drives a file source as the ingest thread does: reads, commits, crashes.
final class Follower {
  let glob: String
  let maxLine: Int
  let start: SourceOptions.Start
  let rotation: SourceOptions.Rotation?
  let clock = ManualClock()
  private let hook = OpeningHook()
  private(set) var source: FileSource
  /// The ledger's table.
  private(set) var stored: [FileIdentity: FileCheckpoint] = [:]
  /// Lines delivered since the last commit, and before it.
  private(set) var uncommitted: [String] = []
  private(set) var committed: [String] = []
  var last = ReadResult()

  init(
    _ glob: String, start: SourceOptions.Start = .beginning, maxLine: Int = 1 << 20,
    rotation: SourceOptions.Rotation? = nil
  ) {
    self.glob = glob
    self.maxLine = maxLine
    self.start = start
    self.rotation = rotation
    source = FileSource(
      glob: glob, start: start, maxLine: maxLine, rotation: rotation, resume: [],
      opening: hook.open)
  }

  /// Reads until there is nothing more and returns the lines.
  @discardableResult
  func read(after span: TimeSpan = .seconds(1), budget: Int = 1 << 20) -> [String] {
    clock.advance(span)
    source.requestScan()
    let before = uncommitted.count
    var total = ReadResult()
    var rounds = 0
    repeat {
      let result = step(budget: budget)
      total.bytes += result.bytes
      total.lines += result.lines
      total.tooLong += result.tooLong
      total.problems += result.problems
      rounds += 1
    } while last.hasMore && rounds < 1_000_000
    precondition(!last.hasMore, "reads without end")
    last = total
    return Array(uncommitted[before...])
  }

  /// One call of `read`.
  @discardableResult
  func step(budget: Int) -> ReadResult {
    last = source.read(budget: budget, clock: clock.now) { line, _, _ in
      uncommitted.append(String(decoding: line, as: UTF8.self))
    }
    return last
  }

  /// Has something happen once, just before the first file is opened whose path ends so.
  func before(opening suffix: String, _ body: @escaping () -> Void) {
    hook.action = { path in
      guard path.hasSuffix(suffix) else { return false }
      body()
      return true
    }
  }

  /// Whether every read fails.
  var isDiskBroken: Bool {
    get { hook.isBroken }
    set { hook.isBroken = newValue }
  }

  /// Stores checkpoints and lines in one transaction.
  func commit() {
    let (changed, removed) = source.takeChangedCheckpoints()
    for checkpoint in removed { stored[checkpoint.identity] = nil }
    for checkpoint in changed { stored[checkpoint.identity] = checkpoint }
    source.didCommit()
    committed += uncommitted
    uncommitted = []
  }

  /// Starts again from what was stored.
  func crash() {
    uncommitted = []
    source = FileSource(
      glob: glob, start: start, maxLine: maxLine, rotation: rotation,
      resume: Array(stored.values), opening: hook.open)
  }

  /// Takes back what was delivered since the last commit.
  func rewind() {
    uncommitted = []
    source.rewind()
  }
}

/// What happens between two steps of a scan; true if it has happened.
private final class OpeningHook {
  var action: (String) -> Bool = { _ in false }
  var isBroken = false

  func open(_ path: String) throws(SystemError) -> OpenFile {
    let action = action
    self.action = { _ in false }
    if !action(path) { self.action = action }
    return try FaultyFile(path, hook: self)
  }
}

/// A file on a disk that can be told to fail.
private final class FaultyFile: OpenFile {
  private let hook: OpeningHook

  init(_ path: String, hook: OpeningHook) throws(SystemError) {
    self.hook = hook
    try super.init(path: path)
  }

  override func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    guard hook.isBroken else { return super.read(into: bytes, at: offset) }
    errno = EIO
    return -1
  }
}

extension Scratch {
  func rename(_ old: String, to new: String) {
    precondition(Glibc.rename(file(old), file(new)) == 0)
  }

  func remove(_ name: String) { precondition(unlink(file(name)) == 0) }

  func cut(_ name: String, to size: Int = 0) {
    precondition(truncate(file(name), off_t(size)) == 0)
  }

  func makeDirectory(_ name: String) { precondition(mkdir(file(name), 0o755) == 0) }

  func link(_ target: String, from name: String) {
    precondition(symlink(file(target), file(name)) == 0)
  }

  /// Waits out the tick of the file system's clock, so that births and time stamps differ.
  func tick() {
    var begin = timespec()
    clock_gettime(CLOCK_REALTIME, &begin)
    var now = timespec()
    repeat {
      clock_gettime(CLOCK_REALTIME_COARSE, &now)
    } while (now.tv_sec, now.tv_nsec)
      <= (begin.tv_sec, begin.tv_nsec)
  }
}

/// A writer that keeps its descriptor, whatever becomes of the name.
final class Writer {
  private let descriptor: Int32

  init(_ path: String) { descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644) }
  deinit { close(descriptor) }

  func write(_ text: String) {
    let bytes = Array(text.utf8)
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }
}

/// Lines `{"n":from}` to `{"n":to - 1}`.
func numbered(_ range: Range<Int>) -> [String] { range.map { "{\"n\":\($0)}" } }

func text(_ range: Range<Int>) -> String { numbered(range).map { $0 + "\n" }.joined() }
