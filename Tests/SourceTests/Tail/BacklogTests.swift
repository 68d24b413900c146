import TestSupport
import Testing

@testable import Source

/// Several logs of one glob, one of them with a backlog.
@Suite struct BacklogTests {
  private let scratch = Scratch()
  /// A backlog of so many lines is more than two steps of this budget take.
  private let backlog = 2000
  private let budget = 8000

  /// What one step delivers.
  private func step(_ follower: Follower) -> [String] {
    let before = follower.uncommitted.count
    follower.step(budget: budget)
    return Array(follower.uncommitted[before...])
  }

  @Test func newLinesOfAnotherLogDoNotWait() {
    let follower = Follower(scratch.file("*.log"))
    scratch.append(text(0..<backlog), to: "a.log")
    scratch.tick()
    scratch.append(text(5000..<5001), to: "b.log")
    var delivered = step(follower)
    #expect(delivered.contains("{\"n\":5000}"))
    scratch.append(text(5001..<5003), to: "b.log")
    delivered += step(follower)
    #expect(delivered.contains("{\"n\":5002}"))
    #expect(delivered.count < backlog && follower.last.hasMore)
    follower.read()
    #expect(
      follower.uncommitted.sorted()
        == (numbered(0..<backlog) + numbered(5000..<5003)).sorted())
  }

  @Test func theBacklogHasAtLeastHalf() {
    let follower = Follower(scratch.file("*.log"))
    scratch.append(text(0..<backlog), to: "a.log")
    scratch.tick()
    for name in ["b.log", "c.log", "d.log"] {
      scratch.append(text(5000..<(5000 + backlog)), to: name)
    }
    follower.step(budget: 400_000)
    let old = follower.uncommitted.count { $0.count < "{\"n\":5000}".count }
    #expect(old > 0)
    follower.read()
    #expect(follower.uncommitted.count == 4 * backlog)
  }

  @Test(arguments: ["a.log*", "a.log"]) func aLogIsReadInItsOrder(glob: String) {
    let follower = Follower(scratch.file(glob))
    scratch.append(text(0..<5), to: "a.log")
    follower.read()
    scratch.append(text(5..<backlog), to: "a.log")
    scratch.rename("a.log", to: "a.log.1")
    scratch.tick()
    scratch.append(text(backlog..<(backlog + 10)), to: "a.log")
    follower.read(budget: budget)
    #expect(follower.uncommitted == numbered(0..<(backlog + 10)))
  }
}
