import Support
import TestSupport
import Testing

@testable import HTTP

@Suite struct ThrottleTests {
  private let start = ManualClock().now

  @Test func aBurstThenOneAtATime() {
    var throttle = LoginThrottle()
    let address = IPAddress.v4(0x0a00_0001)
    for attempt in 1...20 {
      #expect(throttle.wait(address, at: start) == nil, "\(attempt)")
      let isLast = throttle.charge(address, at: start)
      #expect(isLast == (attempt == 20))
    }
    #expect(throttle.wait(address, at: start) == .seconds(6))
    #expect(throttle.wait(address, at: start + .seconds(5)) == .seconds(1))
    #expect(throttle.wait(address, at: start + .seconds(6)) == nil)
    let waitsAgain = throttle.charge(address, at: start + .seconds(6))
    #expect(waitsAgain)
    #expect(throttle.wait(address, at: start + .seconds(6)) == .seconds(6))
    #expect(throttle.wait(.v4(0x0a00_0002), at: start) == nil)
    // Two minutes later all is forgiven.
    let later = start + .seconds(6 * 21)
    for _ in 1...20 {
      #expect(throttle.wait(address, at: later) == nil)
      _ = throttle.charge(address, at: later)
    }
    #expect(throttle.wait(address, at: later) != nil)
  }

  @Test func aStalePasswordAtScrapeIntervalsNeverWaits() {
    var throttle = LoginThrottle()
    for scrape in 0..<1000 {
      let now = start + .seconds(Int64(scrape) * 15)
      #expect(throttle.wait(.v4(1), at: now) == nil)
      let waits = throttle.charge(.v4(1), at: now)
      #expect(!waits)
    }
  }

  @Test func whatWasRightIsGivenBack() {
    var throttle = LoginThrottle()
    for _ in 0..<100 {
      #expect(throttle.wait(.v4(1), at: start) == nil)
      let waits = throttle.charge(.v4(1), at: start)
      #expect(!waits)
      throttle.refund(.v4(1))
    }
    throttle.refund(.v4(2))
    #expect(throttle.wait(.v4(2), at: start) == nil)
  }

  @Test func aNetworkOfIPv6IsOneClient() {
    var throttle = LoginThrottle()
    for host in 0..<20 { _ = throttle.charge(.v6(high: 7, low: UInt64(host)), at: start) }
    #expect(throttle.wait(.v6(high: 7, low: 99), at: start) != nil)
    #expect(throttle.wait(.v6(high: 8, low: 0), at: start) == nil)
  }

  @Test func moreAddressesThanAreRemembered() {
    var throttle = LoginThrottle()
    for _ in 0..<20 { _ = throttle.charge(.v4(0), at: start) }
    for address in 1...UInt32(LoginThrottle.mostAddresses) + 100 {
      _ = throttle.charge(.v4(address), at: start)
    }
    // Who was wrong once makes room, not who was wrong most.
    #expect(throttle.wait(.v4(0), at: start) != nil)
    #expect(throttle.remembered == LoginThrottle.mostAddresses)
    _ = throttle.charge(.v4(.max), at: start + .hours(1))
    #expect(throttle.remembered == 1)
  }

  @Test func requestRate() {
    var rate = RequestRate(.init(interval: .seconds(1), burst: 3))
    func taken(_ times: Int, at time: Timestamp) -> [Bool] {
      (0..<times).map { _ in rate.take(at: time) }
    }
    #expect(taken(5, at: start) == [true, true, true, false, false])
    #expect(taken(2, at: start + .seconds(1)) == [true, false])
    #expect(taken(4, at: start + .hours(1)) == [true, true, true, false])
    // A clock that was set back opens nothing.
    #expect(taken(1, at: start) == [false])
    rate = RequestRate(.init(interval: .hours(24), burst: .max))
    #expect(taken(100, at: start).allSatisfy { $0 })
  }

  @Test func verdictsAreBoundedAndRightOnesStay() throws {
    var cache = VerdictCache()
    let right = try #require(cache.key(["user", "a", "b"]))
    #expect(cache[right] == nil)
    cache.remember(right, isRight: true)
    for index in 0..<5000 { cache.remember(cache.key(["user", "a", "\(index)"]), isRight: false) }
    #expect(cache[right] == true)
    #expect(cache[cache.key(["user", "a", "4999"])] == false)
    #expect(cache[cache.key(["user", "a", "4000"])] == false)
    #expect(cache[cache.key(["user", "a", "3999"])] == nil)
    #expect(cache.key(["ab", "c"]) != cache.key(["a", "bc"]))
    #expect(cache.key(["ab"]) != VerdictCache().key(["ab"]))
    for index in 0..<100 { cache.remember(cache.key(["\(index)"]), isRight: true) }
    #expect(cache[right] == nil)
    #expect(cache[nil] == nil)
  }
}
