import Glibc
import Support
import TestSupport
import Testing

@testable import Source

@Suite struct RotationTests {
  let scratch = Scratch()
  let follower: Follower

  init() { follower = Follower(scratch.file("app.log")) }

  @Test func plainAppend() {
    scratch.append(text(0..<500), to: "app.log")
    #expect(follower.read() == numbered(0..<500))
    scratch.append(text(500..<1000), to: "app.log")
    #expect(follower.read() == numbered(500..<1000))
    #expect(follower.read() == [])
    #expect(follower.source.isCaughtUp)
    #expect(follower.source.lagBytes == 0)
  }

  @Test func aLineInTwoParts() {
    scratch.append("{\"n\"", to: "app.log")
    #expect(follower.read() == [])
    #expect(follower.source.lagBytes == 4)
    #expect(follower.source.isCaughtUp)
    scratch.append(":0}\n{\"n\":1}\n{", to: "app.log")
    #expect(follower.read() == numbered(0..<2))
    #expect(follower.source.checkpoints.map(\.offset) == [16])
  }

  @Test func renameAndCreate() {
    scratch.append(text(0..<5), to: "app.log")
    follower.read()
    scratch.append(text(5..<10), to: "app.log")
    scratch.rename("app.log", to: "app.log.1")
    scratch.append(text(10..<20), to: "app.log")
    #expect(follower.read() == numbered(5..<20))
  }

  @Test func aWriterThatKeepsTheRenamedFile() {
    let writer = Writer(scratch.file("app.log"))
    writer.write(text(0..<5))
    follower.read()
    scratch.rename("app.log", to: "app.log.1")
    scratch.append(text(100..<101), to: "app.log")
    #expect(follower.read() == numbered(100..<101))
    for second in 5..<10 {
      writer.write(text(second..<(second + 1)))
      #expect(follower.read() == numbered(second..<(second + 1)))
    }
    writer.write(text(10..<11))
    follower.commit()
    follower.crash()
    #expect(follower.read() == numbered(10..<11))
  }

  @Test func aRenamedFileIsLetGoWhenNobodyWritesAndAnotherHasItsName() {
    let writer = Writer(scratch.file("app.log"))
    writer.write(text(0..<5))
    follower.read()
    scratch.rename("app.log", to: "app.log.1")
    follower.read(after: .hours(1))
    #expect(follower.source.checkpoints.count == 1)
    scratch.append(text(5..<6), to: "app.log")
    follower.read()
    writer.write("{\"n\":6")
    #expect(follower.read(after: .hours(1)) == [])
    follower.commit()
    #expect(follower.stored.count == 2)
    // The fragment is handed over for the decoder to reject.
    #expect(follower.read(after: .minutes(10)) == ["{\"n\":6"])
    follower.commit()
    #expect(follower.stored.values.map(\.path) == [scratch.file("app.log")])
    #expect(follower.stored.values.map(\.offset) == [8])
    follower.crash()
    #expect(follower.read() == [])
  }

  @Test(arguments: [2, 3, 5]) func renamesInABurst(count: Int) {
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    burst(from: 10, count: count)
    #expect(follower.read().sorted() == numbered(10..<(10 + 10 * (count + 1))))
    #expect(follower.read() == [])
  }

  @Test(arguments: [1, 2, 3], ["app.log.1", "app.log-1"])
  func renamesWhileDown(count: Int, oldName: String) {
    scratch.append(text(0..<10), to: oldName)
    scratch.tick()
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    follower.commit()
    if oldName == "app.log.1" { scratch.rename(oldName, to: "app.log.9") }
    burst(from: 10, count: count)
    follower.crash()
    #expect(follower.read().sorted() == numbered(10..<(10 + 10 * (count + 1))))
    follower.commit()
    follower.crash()
    #expect(follower.read() == [])
  }

  /// Appends 10 lines, rotates, and so on; the last 10 lines are in `app.log`.
  private func burst(from first: Int, count: Int) {
    for round in 0...count {
      let start = first + 10 * round
      scratch.append(text(start..<(start + 10)), to: "app.log")
      if round == count { return }
      for number in stride(from: round, to: 0, by: -1) {
        scratch.rename("app.log.\(number)", to: "app.log.\(number + 1)")
      }
      scratch.rename("app.log", to: "app.log.1")
    }
  }

  @Test func theRotatedFileWasDeletedWhileDownAndTheOneBetweenIsStillRead() {
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    follower.commit()
    scratch.tick()
    scratch.remove("app.log")
    scratch.append(text(10..<20), to: "app.log")
    scratch.rename("app.log", to: "app.log.1")
    scratch.append(text(20..<30), to: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(10..<30))
  }

  @Test func olderRotatedFilesAreNotRead() {
    scratch.append(text(0..<10), to: "app.log.1")
    scratch.append(text(0..<10), to: "app.log-20261120")
    scratch.tick()
    scratch.append(text(10..<20), to: "app.log")
    #expect(follower.read() == numbered(10..<20))
    scratch.rename("app.log.1", to: "app.log.2")
    scratch.rename("app.log", to: "app.log.1")
    scratch.append(text(20..<30), to: "app.log")
    scratch.append("{\"n\":-1}\n", to: "app.log.lock")
    scratch.append("{\"n\":-1}\n", to: "app.log.3.gz")
    #expect(follower.read() == numbered(20..<30))
    #expect(follower.read(after: .hours(1)) == [])
  }

  @Test func anUnterminatedLastLineIsReadIfItIsWhole() {
    scratch.append(text(0..<9) + "{\"n\":9}", to: "app.log")
    #expect(follower.read() == numbered(0..<9))
    #expect(follower.read(after: .minutes(5)) == [])
    scratch.rename("app.log", to: "app.log.1")
    scratch.append(text(10..<20), to: "app.log")
    #expect(follower.read() == numbered(10..<20))
    #expect(follower.read(after: .seconds(2)) == numbered(9..<10))
    follower.commit()
    scratch.append("\n", to: "app.log.1")
    #expect(follower.read() == [""])
    follower.crash()
    #expect(follower.read() == [""])
  }

  @Test func aDeletedFilesLastLines() {
    let writer = Writer(scratch.file("app.log"))
    writer.write(text(0..<2))
    follower.read()
    writer.write(text(2..<3) + "{\"n\":3}")
    scratch.remove("app.log")
    #expect(follower.read() == numbered(2..<3))
    #expect(follower.read(after: .seconds(3)) == numbered(3..<4))
    writer.write("\n" + text(4..<5) + "{\"n")
    #expect(follower.read(after: .seconds(9)) == [""] + numbered(4..<5))
    follower.commit()
    #expect(follower.stored.count == 1)
    #expect(follower.read(after: .seconds(10)) == ["{\"n"])
    follower.commit()
    #expect(follower.stored.isEmpty)
  }

  @Test func deleteAndCreate() {
    scratch.append(text(0..<5), to: "app.log")
    follower.read()
    scratch.append(text(5..<6), to: "app.log")
    scratch.remove("app.log")
    scratch.append(text(6..<10), to: "app.log")
    #expect(follower.read() == numbered(5..<10))
  }

  /// With other content, and with the same, of which only the birth is new.
  @Test(arguments: [0, 50], [3, 10, 40]) func inodeReuseWhileDown(first: Int, lines: Int) throws {
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    follower.commit()
    follower.crash()
    let old = try FileFacts(path: scratch.file("app.log")).identity
    scratch.tick()
    scratch.remove("app.log")
    let new = (0..<200).lazy.map { "new\($0)" }.first { name in
      scratch.append("", to: name)
      return (try? FileFacts(path: scratch.file(name)))?.identity == old
    }
    // Some file systems never give an inode twice; then any file will do.
    scratch.rename(new ?? "new0", to: "app.log")
    scratch.append(text(first..<(first + lines)), to: "app.log")
    // The same bytes under the same name are the same log, put back from a copy.
    let known = first == 0 && lines >= 10 ? 10 : 0
    #expect(follower.read() == numbered((first + known)..<(first + lines)))
  }

  @Test func aFileThatAnotherProgramPutBackIsNotReadAgain() {
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    follower.commit()
    scratch.write(text(0..<12), to: "copy")
    scratch.rename("copy", to: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(10..<12))
  }

  @Test func failedCommitBringsBackDeletedFiles() {
    scratch.append(text(0..<5), to: "app.log")
    follower.read()
    follower.commit()
    scratch.append(text(5..<7), to: "app.log")
    scratch.remove("app.log")
    scratch.append(text(7..<8), to: "app.log")
    #expect(follower.read() == numbered(5..<8))
    #expect(follower.read(after: .minutes(1)) == [])
    #expect(follower.source.checkpoints.count == 1)
    _ = follower.source.takeChangedCheckpoints()
    follower.rewind()
    #expect(follower.read() == numbered(5..<8))
    follower.read(after: .minutes(1))
    follower.commit()
    follower.rewind()
    #expect(follower.read() == [])
    #expect(follower.stored.count == 1)
  }
}
