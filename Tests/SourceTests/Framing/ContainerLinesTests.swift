import Testing

@testable import Source

@Suite(.serialized) struct ContainerLinesTests {
  static let json = "{\"a\":\"<\\\\ \t 0123456789\"}"

  @Test(arguments: Runtime.allCases, [1, 2, 5, 7, 20, 100])
  func joined(runtime: Runtime, size: Int) {
    let parts = frames(Self.json, by: runtime, size: size)
    let result = Unwrapped(parts.joined() + frame("b", by: runtime))
    #expect(result.lines == [Self.json, "b"])
    #expect(result.offsets == [0, Int64(parts.joined().utf8.count)])
    #expect(result.skipping == [])
  }

  @Test(arguments: Runtime.allCases) func interleaved(runtime: Runtime) {
    let out = frames("{\"o\":\"0123456789\"}", by: runtime, size: 8)
    let err = frames("{\"e\":\"0123456789\"}", by: runtime, stream: "stderr", size: 8)
    let text = [out[0], err[0], "plain\n", err[1], out[1], err[2], out[2]].joined()
    let result = Unwrapped(text)
    #expect(result.lines == ["{\"o\":\"0123456789\"}", "{\"e\":\"0123456789\"}", "plain"])
    #expect(result.progress == .init(taken: text.utf8.count))
  }

  /// Wherever reading stops, what was dealt with and what comes next make up the whole.
  @Test(arguments: Runtime.allCases) func resumedAtAnyFrame(runtime: Runtime) {
    let out = frames("{\"o\":\"0123456789\"}", by: runtime, size: 5)
    let err = frames("{\"e\":\"0123456789\"}", by: runtime, stream: "stderr", size: 7)
    let noise = frames("no object at all", by: runtime, stream: "stderr", size: 4)
    let all = [
      out[0], noise[0], noise[1], out[1], noise[2], out[2], noise[3], err[0], out[3], err[1],
      frame("{}", by: runtime), err[2],
    ]
    let text = all.joined()
    let whole = Unwrapped(text)
    #expect(
      whole.lines == ["{\"o\":\"0123456789\"}", "no o", "{\"e\":\"0123456789\"}", "{}"])
    for count in 0...all.count {
      let first = Unwrapped(all[..<count].joined())
      let rest = String(text.dropFirst(first.progress.taken))
      var before = Array(text.utf8.prefix(first.progress.taken))
      let skipping = before.withUnsafeMutableBytes { ContainerLines.unfinished(in: $0) }
      #expect(skipping == first.skipping, "after \(count) frames")
      let second = Unwrapped(rest, skipping: skipping)
      #expect(first.lines + second.lines == whole.lines, "after \(count) frames")
    }
  }

  @Test(arguments: Runtime.allCases) func tooLongCountsOnce(runtime: Runtime) {
    let long = "{\"x\":\"" + String(repeating: "x", count: 500) + "\"}"
    let parts = frames(long, by: runtime, size: 50)
    let result = Unwrapped(parts.joined() + frame("{}", by: runtime), maxLine: 100)
    #expect(result.lines == ["{}"])
    #expect(result.tooLong == 1)
    #expect(Unwrapped(parts[0], maxLine: 100).progress.isOpen)
    // Known before its end.
    let open = Unwrapped(parts[..<4].joined(), maxLine: 100)
    #expect(open.tooLong == 1)
    #expect(open.skipping == .one(.stdout))
    #expect(Unwrapped(frames(long, by: runtime, size: 1000).joined(), maxLine: 100).tooLong == 1)
  }

  @Test func exactlyTheLimit() {
    let line = "{\"x\":\"" + String(repeating: "x", count: 92) + "\"}"
    #expect(line.utf8.count == 100)
    let ended = frames(line + "\r", by: .cri, size: 60).joined()
    #expect(Unwrapped(ended, maxLine: 100).lines == [line])
    #expect(Unwrapped(ended, maxLine: 99).tooLong == 1)
  }

  @Test(arguments: Runtime.allCases) func openOnes(runtime: Runtime) {
    let parts = frames("{\"o\":\"0123456789\"}", by: runtime, size: 8)
    let error = frame("e", by: runtime, stream: "stderr")
    #expect(
      Unwrapped(parts[0]).progress == .init(taken: 0, isOpen: true, isBlocking: false))
    let blocking = Unwrapped(parts[0] + error)
    #expect(blocking.lines == [])
    #expect(blocking.progress == .init(taken: 0, isOpen: true, isBlocking: true))
    let givenUp = Unwrapped(parts[0] + error, givingUp: true)
    #expect(givenUp.lines == ["{\"o\":\"01", "e"])
    #expect(givenUp.skipping == .one(.stdout))
    #expect(Unwrapped(parts[1] + parts[2], skipping: givenUp.skipping).lines == [])
  }

  /// Docker ends no line for a container that was killed in the middle of one.
  @Test func theNextLifeBeginsItsOwnLine() {
    let cut = frame("{\"o\":\"", by: .docker, isFinal: false)
    #expect(
      Unwrapped(cut + frame("{\"n\":1}", by: .docker)).lines == ["{\"o\":\"", "{\"n\":1}"])
    let noise = frame("INFO ", by: .docker, isFinal: false)
    #expect(Unwrapped(noise + frame("{\"n\":1}", by: .docker)).lines == ["INFO ", "{\"n\":1}"])
  }

  @Test func aLastLineWithoutAnEnd() {
    let text = String(frame("{}", by: .docker).dropLast())
    #expect(Unwrapped(text).progress == .init())
    #expect(Unwrapped(text, isEnd: true).lines == ["{}"])
    #expect(Unwrapped(text, isEnd: true).progress.taken == text.utf8.count)
  }
}
