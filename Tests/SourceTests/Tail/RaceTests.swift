import TestSupport
import Testing

@testable import Source

/// Rotations that take place while a scan looks at the files, after a start.
@Suite struct RaceTests {
  private let scratch = Scratch()

  /// Writes three lines, and renames the log after each of the first two.
  private func rotateTwice(from number: Int) {
    scratch.append(text(number..<(number + 1)), to: "a.log")
    scratch.rename("a.log", to: "a.log.1")
    scratch.append(text((number + 1)..<(number + 2)), to: "a.log")
    scratch.rename("a.log.1", to: "a.log.2")
    scratch.rename("a.log", to: "a.log.1")
    scratch.append(text((number + 2)..<(number + 3)), to: "a.log")
  }

  @Test func afterTheFileWasTakenUpAgain() {
    let follower = Follower(scratch.file("*.log"))
    scratch.append(text(0..<5), to: "a.log")
    scratch.append(text(100..<101), to: "gone.log")
    follower.read()
    follower.commit()
    scratch.tick()
    scratch.remove("gone.log")
    scratch.append(text(200..<201), to: "gone.log")
    follower.crash()
    follower.before(opening: "/gone.log") { rotateTwice(from: 5) }
    follower.read()
    follower.read()
    #expect(follower.uncommitted.sorted() == (numbered(5..<8) + numbered(200..<201)).sorted())
  }

  /// All rotated files get the next number while they are looked at, in another order; then a crash.
  @Test func whileTheOthersAreLookedAt() {
    let follower = Follower(scratch.file("*.log"))
    scratch.append(text(0..<5), to: "a.log")
    follower.read()
    follower.commit()
    scratch.rename("a.log", to: "a.log.10")
    for (line, name) in [(5, "a.log.9"), (6, "a.log.2"), (7, "a.log")] {
      scratch.append(text(line..<(line + 1)), to: name)
    }
    follower.crash()
    follower.before(opening: "/a.log.2") {
      for (old, new) in [(".10", ".11"), (".9", ".10"), (".2", ".3"), ("", ".1")] {
        scratch.rename("a.log" + old, to: "a.log" + new)
      }
      scratch.append(text(8..<9), to: "a.log")
    }
    follower.read()
    follower.commit()
    follower.crash()
    follower.read()
    follower.commit()
    #expect(follower.committed == numbered(0..<9))
  }

  @Test func beforeTheFileCouldBeOpened() {
    let follower = Follower(scratch.file("*.log"))
    scratch.append(text(0..<5), to: "a.log")
    follower.read()
    follower.commit()
    scratch.tick()
    follower.crash()
    follower.before(opening: "/a.log") { rotateTwice(from: 5) }
    follower.read()
    follower.read()
    #expect(follower.uncommitted == numbered(5..<8))
  }

  @Test func eachTimeThatItIsLookedFor() {
    let follower = Follower(scratch.file("*.log"))
    scratch.append(text(0..<5), to: "a.log")
    follower.read()
    follower.commit()
    follower.crash()
    follower.before(opening: "/a.log") {
      scratch.rename("a.log", to: "a.log.1")
      scratch.append(text(5..<6), to: "a.log")
    }
    follower.read()
    scratch.rename("a.log.1", to: "a.log.2")
    scratch.rename("a.log", to: "a.log.1")
    scratch.append(text(6..<7), to: "a.log")
    follower.read()
    #expect(follower.uncommitted == numbered(5..<7))
  }
}
