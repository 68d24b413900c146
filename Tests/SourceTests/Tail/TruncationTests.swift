import Glibc
import TestSupport
import Testing

@testable import Source

@Suite struct TruncationTests {
  let scratch = Scratch()
  let follower: Follower

  init() { follower = Follower(scratch.file("app.log")) }

  @Test func copyAndTruncate() {
    scratch.append(text(0..<500), to: "app.log")
    follower.read()
    scratch.write(text(0..<500), to: "app.log.1")
    scratch.cut("app.log")
    scratch.append(text(500..<600), to: "app.log")
    #expect(follower.read() == numbered(500..<600))
    #expect(follower.read() == [])
  }

  /// Sizes around the 256 bytes of the mark and the 1024 of the head.
  @Test(arguments: [1, 20, 31, 32, 33, 127, 128, 129, 500])
  func regrownPastTheOldOffset(lines: Int) {
    scratch.append(text(0..<lines), to: "app.log")
    follower.read()
    follower.commit()
    scratch.cut("app.log")
    scratch.append(text(1000..<2000), to: "app.log")
    #expect(follower.read() == numbered(1000..<2000))
    follower.crash()
    #expect(follower.read() == numbered(1000..<2000))
  }

  @Test func regrownToTheSameSize() {
    scratch.append(text(10..<20), to: "app.log")
    follower.read()
    scratch.tick()
    scratch.cut("app.log")
    scratch.append(text(20..<30), to: "app.log")
    #expect(follower.read() == numbered(20..<30))
    #expect(follower.read() == [])
  }

  @Test func regrownWithAnotherHeadAndTheSameEnd() {
    let end = String(repeating: "x", count: 300) + "\n"
    scratch.append("{\"n\":1}\n" + end, to: "app.log")
    #expect(follower.read().count == 2)
    scratch.cut("app.log")
    scratch.append("{\"n\":2}\n" + end + "{\"n\":3}\n", to: "app.log")
    #expect(follower.read() == ["{\"n\":2}", String(end.dropLast()), "{\"n\":3}"])
  }

  @Test func theSameContentAgain() {
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    scratch.cut("app.log")
    #expect(follower.read() == [])
    #expect(follower.source.checkpoints.map(\.offset) == [0])
    scratch.append(text(0..<10), to: "app.log")
    #expect(follower.read() == numbered(0..<10))
    scratch.cut("app.log")
    scratch.append(text(0..<9), to: "app.log")
    #expect(follower.read() == numbered(0..<9))
  }

  @Test func anUnfinishedLineIsReplaced() {
    scratch.append(text(0..<2) + "{\"n\":77777777", to: "app.log")
    #expect(follower.read() == numbered(0..<2))
    scratch.cut("app.log", to: 16)
    scratch.append("{\"n\":2}\n{\"n\":3333333333333333333", to: "app.log")
    #expect(follower.read() == numbered(2..<3))
    scratch.cut("app.log")
    scratch.append("{\"n\":4}", to: "app.log")
    #expect(follower.read() == [])
    scratch.append("\n", to: "app.log")
    #expect(follower.read() == numbered(4..<5))
  }

  @Test func aLongUnfinishedLineIsReplaced() {
    let long = String(repeating: "x", count: 100_000)
    scratch.append(text(0..<2) + long, to: "app.log")
    #expect(follower.read() == numbered(0..<2))
    scratch.cut("app.log", to: 16)
    scratch.append(text(2..<20_000), to: "app.log")
    #expect(follower.read() == numbered(2..<20_000))
  }

  @Test(arguments: [false, true]) func whatWasNotReadIsTakenFromTheCopy(isDown: Bool) {
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    follower.commit()
    scratch.append(text(10..<15), to: "app.log")
    scratch.write(text(0..<15), to: "app.log.1")
    scratch.cut("app.log")
    scratch.append(text(15..<20), to: "app.log")
    if isDown { follower.crash() }
    #expect(follower.read().sorted() == numbered(10..<20))
    #expect(follower.read() == [])
    follower.commit()
    follower.crash()
    #expect(follower.read() == [])
  }

  @Test func aReadInTheMiddleOfALineNeverHappens() {
    // The new content is as long as the old, with line ends elsewhere.
    scratch.append("aaaa\nbbbb\ncccc\n", to: "app.log")
    follower.read()
    scratch.tick()
    scratch.cut("app.log")
    scratch.append("dd\nee\nffffffff\n", to: "app.log")
    #expect(follower.read() == ["dd", "ee", "ffffffff"])
  }

  @Test func aCopyIsNoPredecessorOfALaterFile() {
    scratch.append(text(0..<1), to: "app.log")
    follower.read(after: .milliseconds(100))
    // A new file, its copy, another new file: all while the first one's successors are looked for.
    scratch.tick()
    scratch.remove("app.log")
    scratch.append(text(1..<3), to: "app.log")
    follower.read(after: .milliseconds(100))
    scratch.tick()
    scratch.append(text(1..<3), to: "app.log.1")
    scratch.cut("app.log")
    follower.read(after: .milliseconds(100))
    scratch.append(text(3..<4), to: "app.log")
    follower.read(after: .milliseconds(100))
    scratch.tick()
    scratch.remove("app.log")
    scratch.append(text(4..<5), to: "app.log")
    follower.read(after: .milliseconds(100))
    #expect(follower.uncommitted == numbered(0..<5))
  }
}
