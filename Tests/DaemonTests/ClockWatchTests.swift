import Support
import TestSupport
import Testing

@testable import Daemon

/// When a proxy's clock is told to be another.
@Suite struct ClockWatchTests {
  private let clock = ManualClock()

  @Test func aheadIsToldAtOnceAndOnce() {
    var watch = ClockWatch()
    #expect(watch.note(clock.now + .seconds(5), isFresh: false, now: clock.now) == nil)
    let warning = watch.note(clock.now + .seconds(150), isFresh: false, now: clock.now)
    #expect(warning?.hasPrefix("its events end 2 min after they are written") == true)
    #expect(watch.note(clock.now + .seconds(150), isFresh: true, now: clock.now) == nil)
  }

  @Test func behindIsToldWhenItLasts() {
    var watch = ClockWatch()
    let late = clock.now - .minutes(3)
    for _ in 0..<9 { #expect(watch.note(late, isFresh: true, now: clock.now) == nil) }
    // One that is in time: the others were late.
    #expect(watch.note(clock.now, isFresh: true, now: clock.now) == nil)
    for _ in 0..<9 {
      #expect(watch.note(late, isFresh: true, now: clock.now) == nil)
      // What was written long ago tells nothing.
      #expect(watch.note(late, isFresh: false, now: clock.now) == nil)
    }
    let warning = watch.note(late, isFresh: true, now: clock.now)
    #expect(warning?.hasPrefix("its events end 3 min before they are written") == true)
    #expect(watch.note(late, isFresh: true, now: clock.now) == nil)
  }

  /// Through the pipeline: lines that come in while it follows the log.
  @Test func aLogOfAnotherClock() throws {
    let rig = Rig()
    func append(_ count: Int, ahead: TimeSpan) throws -> [String] {
      for _ in 0..<count {
        let end = Double((rig.clock.now + ahead).microseconds) / 1e6
        rig.scratch.append(
          "{\"v\":1,\"kind\":\"request\",\"id\":\"\(end)\",\"start\":\(end - 1),\"end\":\(end),"
            + "\"outcome\":\"success\"}\n", to: "proxy.jsonl")
        rig.clock.advance(.seconds(1))
        try rig.run()
      }
      return rig.problems.filter { $0.contains("clock") }
    }
    #expect(try append(20, ahead: .seconds(-30)) == [])
    #expect(try append(20, ahead: .seconds(-150)).count == 1)
  }
}
