import Record
import Support
import TestSupport
import Testing

@testable import Source

@Suite struct TailStateTests {
  let start = ManualClock().now

  private func state(offset: Int64, scanned: Int64, size: Int64) -> TailState {
    var checkpoint = FileCheckpoint(
      path: "/log", identity: FileIdentity(device: 1, inode: 2), born: 3)
    checkpoint.offset = offset
    var state = TailState(checkpoint, at: start)
    state.observe(size: size, modified: 7, at: start)
    state.scanned = scanned
    state.isUnchecked = false
    return state
  }

  @Test func whatToDoWithAFileInUse() {
    let table: [(offset: Int64, scanned: Int64, size: Int64, step: TailState.Step)] = [
      (0, 0, 0, .wait), (0, 0, 1, .read), (10, 10, 10, .wait), (10, 15, 15, .wait),
      (10, 15, 16, .read), (10, 10, 9, .restart), (10, 15, 0, .restart),
    ]
    for row in table {
      let state = state(offset: row.offset, scanned: row.scanned, size: row.size)
      let step = state.step(at: start + .hours(9), isCrowded: true)
      #expect(step == row.step, "\(row)")
    }
  }

  @Test func whatToDoWithARemainderOnceItsFileIsOutOfSight() {
    let table:
      [(place: TailState.Place, next: Bool, crowded: Bool, after: Int64, step: TailState.Step)] = [
        (.rotated, true, false, 1, .wait), (.rotated, true, false, 2, .judgeLastLine),
        (.rotated, false, false, 2, .judgeLastLine), (.rotated, true, false, 599, .judgeLastLine),
        (.rotated, true, false, 600, .letGo), (.rotated, false, false, 6000, .judgeLastLine),
        (.rotated, true, true, 9, .judgeLastLine), (.rotated, true, true, 10, .letGo),
        (.deleted, false, false, 1, .wait), (.deleted, false, false, 2, .judgeLastLine),
        (.deleted, false, false, 10, .letGo), (.deleted, true, false, 10, .letGo),
      ]
    for row in table {
      var state = state(offset: 5, scanned: 9, size: 9)
      state.settle(row.place, hasSuccessor: row.next, at: start)
      let step = state.step(at: start + .seconds(row.after), isCrowded: row.crowded)
      #expect(step == row.step, "\(row)")
    }
  }

  @Test func aRemainderIsJudgedOnce() {
    var state = state(offset: 5, scanned: 9, size: 9)
    state.settle(.rotated, hasSuccessor: true, at: start)
    state.judgedSize = 9
    #expect(state.step(at: start + .seconds(5), isCrowded: false) == .wait)
    state.observe(size: 10, modified: 8, at: start + .seconds(5))
    #expect(state.step(at: start + .seconds(5), isCrowded: false) == .read)
  }

  @Test func waitingBeginsAnewWithEachWriteRenameAndStepBackOfTheClock() {
    var state = state(offset: 9, scanned: 9, size: 9)
    state.settle(.deleted, hasSuccessor: false, at: start + .hours(1))
    #expect(state.step(at: start + .hours(1), isCrowded: false) == .wait)
    state.observe(size: 9, modified: 8, at: start + .hours(2))
    state.isUnchecked = false
    #expect(state.step(at: start + .hours(2) + .seconds(9), isCrowded: false) == .wait)
    state.observe(size: 9, modified: 8, at: start)
    #expect(state.step(at: start + .seconds(9), isCrowded: false) == .wait)
    #expect(state.step(at: start + .seconds(10), isCrowded: false) == .letGo)
  }

  @Test func aWriteThatLeavesTheSizeAsItWasIsLookedAt() {
    var state = state(offset: 9, scanned: 9, size: 9)
    state.observe(size: 9, modified: 8, at: start)
    #expect(state.step(at: start, isCrowded: false) == .read)
    #expect(state.hasUnread)
  }

  @Test func aShorterRemainderIsSearchedFromItsStart() {
    var state = state(offset: 5, scanned: 90, size: 90)
    state.observe(size: 50, modified: 8, at: start)
    #expect(state.scanned == 5)
    #expect(state.lag == 45)
  }

  @Test(arguments: [
    ("log.1", true), ("log.12", true), ("log-20261121", true), ("log.2026-11-21T10:00:00Z", true),
    ("log.old", true), ("log_1", true), ("log", false), ("log.", false), ("log2", false),
    ("log.lock", false), ("log.1.gz", false), ("logs.1", false), ("log-", false),
  ]) func rotatedNames(name: String, isRotated: Bool) {
    #expect(RotatedName.matches(name, base: "log") == isRotated)
  }

  @Test(arguments: [
    ("app-20261121.jsonl", true), ("app.1.jsonl", true), ("app.jsonl.1", true),
    ("app-errors.jsonl", false), ("app.jsonl", false), ("app.jsonl.tmp", false),
    ("app1.jsonl", false), ("-1.jsonl", false),
  ]) func rotatedNamesThatKeepTheirEnding(name: String, isRotated: Bool) {
    #expect(RotatedName.matches(name, base: "app.jsonl") == isRotated)
  }

  @Test func whichFileACheckpointMayMean() {
    var checkpoint = FileCheckpoint(
      path: "/d/log", identity: FileIdentity(device: 1, inode: 2), born: 100)
    checkpoint.offset = 50
    let table:
      [(path: String, device: UInt64, inode: UInt64, size: Int64, born: Int64, FileMatch?)] =
        [
          ("/d/log", 1, 2, 50, 100, .sameFile), ("/x/y", 1, 2, 50, 100, .sameFile),
          ("/x/y", 1, 2, 50, 0, .sameFile), ("/x/y", 1, 2, 49, 100, nil),
          ("/x/y", 1, 2, 50, 101, nil), ("/d/log", 1, 2, 50, 101, .samePath),
          ("/x/y", 9, 2, 50, 100, .sameInode), ("/d/log", 9, 9, 50, 100, .samePath),
          ("/d/log.1", 1, 9, 50, 200, .copy), ("/x/log.1", 1, 9, 50, 200, nil),
          ("/d/other", 1, 9, 50, 200, nil),
        ]
    for (path, device, inode, size, born, match) in table {
      let identity = FileIdentity(device: device, inode: inode)
      let candidate = FileMatch.Candidate(path: path, identity: identity, size: size, born: born)
      #expect(FileMatch(candidate, for: checkpoint) == match, "\(candidate)")
    }
    // Where nothing was read, content proves nothing.
    checkpoint.offset = 0
    for path in ["/d/log", "/d/log.1"] {
      let candidate = FileMatch.Candidate(
        path: path, identity: FileIdentity(device: 9, inode: 9), size: 50)
      #expect(FileMatch(candidate, for: checkpoint) == nil)
    }
  }
}
