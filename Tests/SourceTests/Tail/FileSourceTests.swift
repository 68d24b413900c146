import Glibc
import Record
import Support
import TestSupport
import Testing

@testable import Source

@Suite struct FileSourceTests {
  let scratch = Scratch()

  @Test func aFileThatComesLater() {
    let follower = Follower(scratch.file("logs/app.log"), start: .end)
    #expect(follower.read() == [])
    scratch.makeDirectory("logs")
    #expect(follower.read() == [])
    scratch.append("", to: "logs/app.log")
    #expect(follower.read() == [])
    #expect(follower.last.problems == [])
    scratch.append(text(0..<3), to: "logs/app.log")
    #expect(follower.read() == numbered(0..<3))
  }

  @Test func scansOncePerSecondUnlessAsked() {
    let follower = Follower(scratch.file("*.log"))
    follower.read()
    scratch.append(text(0..<1), to: "a.log")
    follower.clock.advance(.milliseconds(999))
    #expect(follower.step(budget: 1000).lines == 0)
    follower.clock.advance(.milliseconds(1))
    #expect(follower.step(budget: 1000).lines == 1)
    scratch.append(text(1..<2), to: "b.log")
    #expect(follower.step(budget: 1000).lines == 0)
    follower.source.requestScan()
    #expect(follower.step(budget: 1000).lines == 1)
  }

  @Test func startAtTheEnd() {
    scratch.append(text(0..<3) + "{\"n\"", to: "app.log")
    let follower = Follower(scratch.file("app.log"), start: .end)
    #expect(follower.read() == [])
    #expect(follower.source.checkpoints.map(\.offset) == [24])
    follower.commit()
    scratch.append(":3}\n", to: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(3..<4))
    scratch.rename("app.log", to: "app.log.1")
    scratch.append(text(4..<6), to: "app.log")
    #expect(follower.read() == numbered(4..<6))
  }

  @Test func globsInDirectoriesAndNames() {
    for name in ["a", "b", ".hidden"] { scratch.makeDirectory(name) }
    scratch.append(text(0..<1), to: "a/x1.log")
    scratch.append(text(1..<2), to: "b/x2.log")
    scratch.append(text(9..<10), to: "b/y.log")
    scratch.append(text(9..<10), to: ".hidden/x3.log")
    scratch.append(text(9..<10), to: "b/x4.log.gz")
    let follower = Follower(scratch.file("*/x[0-9].lo?"))
    #expect(follower.read() == numbered(0..<2))
    scratch.makeDirectory("c")
    scratch.append(text(2..<3), to: "c/x9.log")
    #expect(follower.read() == numbered(2..<3))
    #expect(Set(follower.source.checkpoints.map(\.path)).count == 3)
  }

  @Test func onlyRegularFilesAreRead() {
    scratch.makeDirectory("a.log")
    #expect(mkfifo(scratch.file("b.log"), 0o600) == 0)
    scratch.append(text(0..<1), to: "c.log")
    scratch.link("nowhere", from: "d.log")
    let follower = Follower(scratch.file("*.log"))
    #expect(follower.read() == numbered(0..<1))
    #expect(
      follower.last.problems.map(\.description) == [
        "\(scratch.file("a.log")) is no regular file and is ignored",
        "\(scratch.file("b.log")) is no regular file and is ignored",
      ])
  }

  @Test func hardAndSymbolicLinksAreOneFile() {
    scratch.append(text(0..<2), to: "b.log")
    #expect(link(scratch.file("b.log"), scratch.file("c.log")) == 0)
    scratch.link("b.log", from: "a.log")
    let follower = Follower(scratch.file("*.log"))
    #expect(follower.read() == numbered(0..<2))
    #expect(follower.source.checkpoints.map(\.path) == [scratch.file("a.log")])
    scratch.remove("a.log")
    scratch.append(text(2..<3), to: "c.log")
    #expect(follower.read() == numbered(2..<3))
    #expect(follower.source.checkpoints.map(\.path) == [scratch.file("b.log")])
  }

  @Test(arguments: [false, true]) func aSymbolicLinkIsSwitched(isDown: Bool) {
    scratch.makeDirectory("pod")
    scratch.append(text(0..<2), to: "pod/0.log")
    scratch.link("pod/0.log", from: "app.log")
    let follower = Follower(scratch.file("app.log"))
    #expect(follower.read() == numbered(0..<2))
    follower.commit()
    scratch.append(text(2..<4), to: "pod/0.log")
    scratch.append(text(4..<6), to: "pod/1.log")
    scratch.link("pod/1.log", from: "new")
    scratch.rename("new", to: "app.log")
    if isDown { follower.crash() }
    #expect(follower.read() == numbered(2..<6))
  }

  @Test func aLinkedFileIsRenamedTwiceInABurst() {
    scratch.makeDirectory("pod")
    scratch.append(text(0..<2), to: "pod/0.log")
    scratch.link("pod/0.log", from: "app.log")
    let follower = Follower(scratch.file("app.log"))
    follower.read()
    scratch.tick()
    scratch.rename("pod/0.log", to: "pod/0.log.20261121-120000")
    scratch.append(text(2..<4), to: "pod/0.log")
    scratch.rename("pod/0.log", to: "pod/0.log.20261121-120001")
    scratch.append(text(4..<6), to: "pod/0.log")
    #expect(follower.read().sorted() == numbered(2..<6))
  }

  @Test func permissionLostAndRegained() {
    let gate = Gate()
    scratch.append(text(0..<2), to: "app.log")
    func make(_ resume: [FileCheckpoint]) -> FileSource {
      FileSource(
        glob: scratch.file("app.log"), start: .beginning, maxLine: 100, resume: resume,
        opening: gate.open)
    }
    var source = make([])
    let clock = ManualClock()
    func read() -> ReadResult {
      clock.advance(.seconds(1))
      return source.read(budget: 1000, clock: clock.now) { _, _, _ in }
    }
    gate.isClosed = true
    #expect(
      read().problems.map(\.description) == [
        "cannot open \(scratch.file("app.log")): permission denied"
      ])
    gate.isClosed = false
    #expect(read().lines == 2)
    gate.isClosed = true
    scratch.append(text(2..<3), to: "app.log")
    #expect(read().lines == 1)
    let stored = source.checkpoints
    scratch.append(text(3..<4), to: "app.log")
    source = make(stored)
    #expect(read().problems.count == 1)
    clock.advance(.hours(2))
    #expect(read().lines == 0)
    #expect(source.checkpoints == stored)
    #expect(source.takeChangedCheckpoints().removed == [])
    gate.isClosed = false
    #expect(read().lines == 1)
  }

  @Test func aVolumeThatIsMountedLate() {
    scratch.makeDirectory("logs")
    scratch.append(text(0..<2), to: "logs/app.log")
    let follower = Follower(scratch.file("logs/app.log"))
    follower.read()
    follower.commit()
    scratch.rename("logs", to: "elsewhere")
    follower.crash()
    #expect(follower.read(after: .minutes(1)) == [])
    scratch.makeDirectory("logs")
    #expect(follower.read(after: .minutes(1)) == [])
    follower.commit()
    #expect(follower.stored.count == 1)
    #expect(rmdir(scratch.file("logs")) == 0)
    scratch.rename("elsewhere", to: "logs")
    scratch.append(text(2..<3), to: "logs/app.log")
    #expect(follower.read() == numbered(2..<3))
  }

  @Test func aCheckpointWhoseFileStaysAwayIsDropped() {
    scratch.append(text(0..<2), to: "app.log")
    let follower = Follower(scratch.file("app.log"))
    follower.read()
    follower.commit()
    scratch.remove("app.log")
    follower.crash()
    follower.read()
    follower.read(after: .minutes(10))
    follower.commit()
    #expect(follower.stored.isEmpty)
  }

  @Test func aThousandFilesInSmallSteps() {
    for number in 0..<1000 {
      scratch.append(text(number..<(number + 1)), to: "\(number).log")
    }
    let follower = Follower(scratch.file("*.log"))
    let lines = follower.read(budget: 100)
    #expect(lines.count == 1000)
    #expect(Set(lines) == Set(numbered(0..<1000)))
    follower.commit()
    follower.crash()
    #expect(follower.read() == [])
    scratch.append(text(5000..<5001), to: "777.log")
    #expect(follower.read() == numbered(5000..<5001))
  }

  @Test func namesAndOffsetsOfDeliveries() {
    scratch.append("ab\r\n\nc\n", to: "app.log")
    let source = FileSource(
      glob: scratch.file("*.log"), start: .beginning, maxLine: 100, resume: [])
    var seen: [String] = []
    let result = source.read(budget: 100, clock: ManualClock().now) { line, offset, file in
      seen.append("\(source.path(of: file)):\(offset):\(String(decoding: line, as: UTF8.self))")
    }
    let path = scratch.file("app.log")
    #expect(seen == ["\(path):0:ab", "\(path):4:", "\(path):5:c"])
    #expect(result.bytes == 7)
    #expect(result.lines == 3)
    #expect(!result.hasMore)
  }

  @Test func onlyChangedCheckpointsAreHandedOut() {
    scratch.append(text(0..<1), to: "a.log")
    scratch.append(text(1..<2), to: "b.log")
    let follower = Follower(scratch.file("*.log"))
    follower.read()
    #expect(follower.source.takeChangedCheckpoints().changed.count == 2)
    follower.commit()
    follower.read()
    #expect(follower.source.takeChangedCheckpoints().changed == [])
    scratch.append(text(2..<3), to: "b.log")
    follower.read()
    let changed = follower.source.takeChangedCheckpoints().changed
    #expect(changed.map(\.path) == [scratch.file("b.log")])
    // Not confirmed, so it is handed out again.
    #expect(follower.source.takeChangedCheckpoints().changed == changed)
  }
}

/// Stands for permissions, which root does not feel.
final class Gate {
  var isClosed = false

  func open(_ path: String) throws(SystemError) -> OpenFile {
    if isClosed { throw SystemError(code: EACCES) }
    return try OpenFile(path: path)
  }
}
