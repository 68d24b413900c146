import Glibc
import Support
import TestSupport
import Testing

@testable import Source

@Suite struct StandardInputTests {
  let now = ManualClock().now

  /// A pipe whose reading end is the source's.
  private final class Pipe {
    let source: StandardInputSource
    private var ends: [Int32] = [-1, -1]

    init(maxLine: Int = 100, capacity: Int = 1000) {
      precondition(pipe(&ends) == 0)
      source = StandardInputSource(descriptor: ends[0], maxLine: maxLine, capacity: capacity)
    }

    deinit {
      close(ends[0])
      finish()
    }

    func write(_ text: String) {
      let bytes = Array(text.utf8)
      precondition(Glibc.write(ends[1], bytes, bytes.count) == bytes.count)
    }

    func finish() {
      if ends[1] >= 0 { close(ends[1]) }
      ends[1] = -1
    }
  }

  private func read(
    _ source: StandardInputSource, budget: Int = 1 << 20
  ) -> (lines: [String], result: ReadResult) {
    var lines: [String] = []
    let result = source.read(budget: budget, clock: now) { line, offset, _ in
      lines.append("\(offset):\(String(decoding: line, as: UTF8.self))")
    }
    return (lines, result)
  }

  @Test func linesAsTheyCome() {
    let pipe = Pipe()
    #expect(read(pipe.source).lines == [])
    pipe.write("a\nb")
    #expect(read(pipe.source).lines == ["0:a"])
    #expect(pipe.source.lagBytes == 1)
    pipe.write("c\r\n")
    #expect(read(pipe.source).lines == ["2:bc"])
    pipe.write("last")
    #expect(read(pipe.source).lines == [])
    pipe.finish()
    #expect(read(pipe.source).lines == ["6:last"])
    #expect(pipe.source.isAtEnd)
    #expect(!pipe.source.wantsInput)
    #expect(read(pipe.source).lines == [])
  }

  @Test func whatIsNotCommittedComesAgain() {
    let pipe = Pipe()
    pipe.write("a\nb\n")
    _ = read(pipe.source)
    pipe.source.commit()
    pipe.write("c\nd")
    pipe.finish()
    #expect(read(pipe.source).lines == ["4:c", "6:d"])
    pipe.source.rewind()
    #expect(read(pipe.source).lines == ["4:c", "6:d"])
    pipe.source.commit()
    pipe.source.rewind()
    #expect(read(pipe.source).lines == [])
  }

  @Test func aFullBufferStopsReadingUntilTheNextCommit() {
    let pipe = Pipe(maxLine: 100, capacity: 1000)
    let line = String(repeating: "x", count: 99) + "\n"
    for _ in 0..<15 { pipe.write(line) }
    #expect(read(pipe.source).result.lines == 10)
    #expect(!pipe.source.wantsInput)
    #expect(!read(pipe.source).result.hasMore)
    pipe.source.rewind()
    #expect(read(pipe.source).result.lines == 10)
    pipe.source.commit()
    #expect(read(pipe.source).result.lines == 5)
    pipe.source.rewind()
    #expect(read(pipe.source).lines.first == "1000:" + line.dropLast())
  }

  @Test func theBudgetBoundsOneRead() {
    let pipe = Pipe()
    pipe.write(String(repeating: "123456789\n", count: 50))
    let first = read(pipe.source, budget: 100).result
    #expect(first.lines == 10)
    #expect(first.bytes == 100)
    #expect(first.hasMore)
    #expect(read(pipe.source).result.lines == 40)
  }

  @Test func anOverlongLineTakesBoundedMemoryAndIsCountedAgainAfterARewind() {
    let pipe = Pipe(maxLine: 100, capacity: 1000)
    pipe.write("a\n")
    var lines: [String] = []
    for _ in 0..<100 {
      pipe.write(String(repeating: "y", count: 977))
      let (more, result) = read(pipe.source)
      lines += more
      #expect(result.tooLong == 0)
    }
    #expect(lines == ["0:a"])
    pipe.write("\nb\n" + String(repeating: "z", count: 101) + "\nc\n")
    let (rest, result) = read(pipe.source)
    #expect(rest == ["97703:b", "97807:c"])
    #expect(result.tooLong == 2)
    #expect(
      result.problems.map(\.description) == [
        "standard input: the line at byte 2 is longer than 100 bytes and was skipped"
      ])
    pipe.source.rewind()
    let (again, repeated) = read(pipe.source)
    #expect(again == lines + rest)
    #expect(repeated.tooLong == 2)
  }

  @Test func aFileAsStandardInput() {
    let scratch = Scratch()
    scratch.append(text(0..<1000), to: "in")
    let descriptor = open(scratch.file("in"), O_RDONLY)
    defer { close(descriptor) }
    let source = StandardInputSource(descriptor: descriptor, maxLine: 100)
    #expect(read(source).result.lines == 1000)
    #expect(source.isAtEnd)
  }

  @Test func aDescriptorThatCannotBeRead() {
    let source = StandardInputSource(descriptor: 1_000_000, maxLine: 100)
    #expect(
      read(source).result.problems.map(\.description) == [
        "cannot read standard input: bad file descriptor"
      ])
    #expect(source.isAtEnd)
  }

  @Test func randomPiecesGiveTheSameLines() {
    for seed in 1...50 {
      var random = SplitMix(state: UInt64(seed))
      let pipe = Pipe(maxLine: 60, capacity: 200)
      var all = ""
      var expected: [String] = []
      var tooLong = 0
      for _ in 0..<40 {
        let line = String(repeating: "x", count: random.number(random.number(4) == 0 ? 500 : 60))
        if line.count > 60 { tooLong += 1 } else { expected.append("\(all.count):\(line)") }
        all += line + "\n"
      }
      var (lines, pending, counted, pendingCount) = ([String](), [String](), 0, 0)
      var left = all[...]
      while true {
        let piece = left.prefix(random.number(150))
        pipe.write(String(piece))
        left = left.dropFirst(piece.count)
        let (more, result) = read(pipe.source, budget: 1 + random.number(200))
        pending += more
        pendingCount += result.tooLong
        if random.number(3) == 0 {
          pipe.source.rewind()
        } else {
          pipe.source.commit()
          lines += pending
          counted += pendingCount
        }
        (pending, pendingCount) = ([], 0)
        if left.isEmpty && result == ReadResult() { break }
      }
      #expect(lines == expected, "seed \(seed)")
      #expect(counted == tooLong, "seed \(seed)")
    }
  }
}

@Suite struct FileWatcherTests {
  @Test func tellsOfBytesAndNames() {
    let scratch = Scratch()
    scratch.append(text(0..<1), to: "app.log")
    let follower = Follower(scratch.file("*.log"))
    let watcher = FileWatcher()
    follower.read()
    #expect(follower.source.watch(with: watcher) == [])
    #expect(watcher.drain() == FileWatcher.Changes())
    scratch.append(text(1..<2), to: "app.log")
    #expect(watcher.drain() == FileWatcher.Changes(hasNewBytes: true))
    #expect(watcher.drain() == FileWatcher.Changes())
    scratch.rename("app.log", to: "app.1")
    #expect(watcher.drain() == FileWatcher.Changes(hasNewNames: true))
    scratch.append(text(2..<3), to: "app.1")
    #expect(watcher.drain() == FileWatcher.Changes(hasNewBytes: true))
    scratch.append("", to: "b.log")
    #expect(watcher.drain() == FileWatcher.Changes(hasNewNames: true))
    scratch.append(text(2..<3), to: "b.log")
    #expect(watcher.drain() == FileWatcher.Changes())
    follower.read()
    _ = follower.source.watch(with: watcher)
    scratch.append(text(2..<3), to: "b.log")
    #expect(watcher.drain() == FileWatcher.Changes(hasNewBytes: true))
  }

  @Test func aDirectoryThatComesAndGoes() {
    let scratch = Scratch()
    let watcher = FileWatcher()
    #expect(watcher.watch(directory: scratch.file("logs")) == nil)
    scratch.makeDirectory("logs")
    #expect(watcher.watch(directory: scratch.file("logs")) == nil)
    #expect(rmdir(scratch.file("logs")) == 0)
    #expect(watcher.drain() == FileWatcher.Changes(hasNewNames: true))
    scratch.makeDirectory("logs")
    #expect(watcher.watch(directory: scratch.file("logs")) == nil)
    scratch.append("", to: "logs/a")
    #expect(watcher.drain() == FileWatcher.Changes(hasNewNames: true))
  }
}
