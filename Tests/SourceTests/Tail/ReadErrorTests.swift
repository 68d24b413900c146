import TestSupport
import Testing

@testable import Source

/// A disk that cannot be read for a while: nothing is taken for replaced or gone.
@Suite struct ReadErrorTests {
  private let scratch = Scratch()
  private let follower: Follower

  init() {
    follower = Follower(scratch.file("app.log"))
    scratch.append(text(0..<5), to: "app.log")
    follower.read()
    follower.commit()
    scratch.append(text(5..<8), to: "app.log")
  }

  private func expectTrouble() {
    follower.isDiskBroken = true
    #expect(follower.read() == [])
    #expect(
      follower.last.problems.map(\.cause).contains(.cannotRead("input/output error")))
    follower.commit()
    #expect(follower.stored.values.map(\.offset) == [40])
    follower.isDiskBroken = false
  }

  @Test func whileTheFileIsFollowed() {
    expectTrouble()
    #expect(follower.read() == numbered(5..<8))
  }

  @Test func atTheStart() {
    follower.crash()
    expectTrouble()
    #expect(follower.read() == numbered(5..<8))
  }

  @Test func afterACommitThatFailed() {
    follower.rewind()
    expectTrouble()
    #expect(follower.read() == numbered(5..<8))
  }

  @Test func whileTheFileIsRenamed() {
    follower.crash()
    scratch.rename("app.log", to: "app.log.1")
    scratch.append(text(8..<9), to: "app.log")
    follower.isDiskBroken = true
    #expect(follower.read() == [])
    follower.isDiskBroken = false
    #expect(follower.read() == numbered(5..<9))
  }
}
