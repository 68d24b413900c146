import Glibc
import Support
import TestSupport
import Testing

@testable import Source

@Suite struct LineTests {
  let scratch = Scratch()

  @Test func bytesPassUnchanged() {
    let bytes: [UInt8] = [0xFF, 0xFE, 0x80, 0x00, 0x41, 0x0D, 0x42]
    scratch.append(bytes: bytes + [0x0D, 0x0A] + [0x00, 0x0A], to: "app.log")
    let source = FileSource(
      glob: scratch.file("app.log"), start: .beginning, maxLine: 100, resume: [])
    var lines: [[UInt8]] = []
    _ = source.read(budget: 100, clock: ManualClock().now) { line, _, _ in
      lines.append(Array(line))
    }
    #expect(lines == [bytes, [0x00]])
  }

  @Test(arguments: [99, 100, 101, 102, 103, 70_000, 3_000_000], ["\n", "\r\n"])
  func lineLengthsAroundTheLimit(length: Int, ending: String) {
    let follower = Follower(scratch.file("app.log"), maxLine: length == 70_000 ? 70_000 : 100)
    let long = String(repeating: "y", count: length)
    scratch.append(text(0..<2) + long + ending + text(2..<4), to: "app.log")
    let isTooLong = length > follower.maxLine
    #expect(
      follower.read() == numbered(0..<2) + (isTooLong ? [] : [long]) + numbered(2..<4))
    #expect(follower.last.tooLong == (isTooLong ? 1 : 0))
    let problem =
      "\(scratch.file("app.log")): the line at byte 16 is longer than 100 bytes and was skipped"
    #expect(follower.last.problems.map(\.description) == (isTooLong ? [problem] : []))
  }

  @Test(arguments: [0, 1, 2]) func oneLineAroundTheDefaultLimit(excess: Int) {
    let follower = Follower(scratch.file("app.log"))
    let long = String(repeating: "y", count: 1 << 20) + String(repeating: "z", count: excess)
    scratch.append(long + "\n" + text(0..<1), to: "app.log")
    #expect(follower.read() == (excess == 0 ? [long] : []) + numbered(0..<1))
    #expect(follower.last.tooLong == min(excess, 1))
  }

  @Test func anOverlongLineIsCountedOnceAndItsCheckpointStaysAtItsStart() {
    let follower = Follower(scratch.file("app.log"), maxLine: 1000)
    scratch.append(text(0..<1), to: "app.log")
    for round in 0..<30 {
      scratch.append(String(repeating: "y", count: 20_000), to: "app.log")
      #expect(follower.read() == (round == 0 ? numbered(0..<1) : []))
      #expect(follower.last.tooLong == 0)
      #expect(follower.source.checkpoints.map(\.offset) == [8])
      follower.commit()
      if round % 10 == 9 { follower.crash() }
    }
    #expect(follower.source.checkpoints.map(\.offset) == [8])
    follower.read()
    #expect(follower.source.lagBytes == 600_000)
    scratch.append("\n" + text(1..<2), to: "app.log")
    #expect(follower.read() == numbered(1..<2))
    #expect(follower.last.tooLong == 1)
    #expect(follower.last.bytes == 600_009)
    #expect(follower.read() == [])
    #expect(follower.last.tooLong == 0)
  }

  @Test func anOverlongLineWithoutAnEndIsCountedWhenItsFileIsLetGo() {
    let follower = Follower(scratch.file("app.log"), maxLine: 10)
    scratch.append(text(0..<1) + String(repeating: "y", count: 500_000), to: "app.log")
    follower.read()
    scratch.remove("app.log")
    follower.read()
    #expect(follower.read(after: .seconds(3)) == [])
    #expect(follower.last.tooLong == 0)
    #expect(follower.read(after: .seconds(10)) == [])
    #expect(follower.last.tooLong == 1)
    #expect(follower.source.checkpoints == [])
  }

  @Test func aLongLineInManyPartsIsReadWhole() {
    let follower = Follower(scratch.file("app.log"))
    for _ in 0..<40 {
      scratch.append(String(repeating: "y", count: 20_000), to: "app.log")
      #expect(follower.read() == [])
    }
    scratch.append("\n", to: "app.log")
    #expect(follower.read() == [String(repeating: "y", count: 800_000)])
  }

  @Test func offsetsBeyondFourGigabytes() {
    let follower = Follower(scratch.file("app.log"), start: .end)
    scratch.append(text(0..<1), to: "app.log")
    scratch.cut("app.log", to: 5 << 30)
    scratch.append("\n" + text(1..<2), to: "app.log")
    #expect(follower.read() == [])
    #expect(follower.source.checkpoints.map(\.offset) == [5 << 30 | 9])
    scratch.append(text(2..<4), to: "app.log")
    #expect(follower.read() == numbered(2..<4))
    follower.commit()
    follower.crash()
    scratch.append(text(4..<5), to: "app.log")
    #expect(follower.read() == numbered(4..<5))
  }

  @Test func theBudgetBoundsOneReadOfAnEndlessLine() {
    let follower = Follower(scratch.file("app.log"), maxLine: 100)
    scratch.append("", to: "app.log")
    scratch.cut("app.log", to: 100 << 20)
    let result = follower.step(budget: 1 << 20)
    #expect(result.bytes == 0)
    #expect(result.hasMore)
    #expect(follower.source.files[0].state.scanned < 2 << 20)
  }

  @Test func spareBytesBehindEachLineAreReadable() {
    scratch.append("x\n", to: "app.log")
    let source = FileSource(
      glob: scratch.file("app.log"), start: .beginning, maxLine: 100, resume: [])
    var sum = 0
    _ = source.read(budget: 10, clock: ManualClock().now) { line, _, _ in
      let padded = UnsafeRawBufferPointer(start: line.baseAddress, count: line.count + 64)
      sum = padded.reduce(0) { $0 + Int($1) }
    }
    #expect(sum >= 0x78)
  }

  @Test(arguments: [
    ("{}", true), ("{\"a\":{\"b\":[1,{}]}}", true), (" {\"a\":1} \r", true),
    ("{\"a\":{\"b\":1}", false), ("{\"a\":\"}", false), ("{\"a\":\"\\\"}", false),
    ("{\"a\":\"\\\\\"}", true), ("", false), ("}", false), ("[{}]", false), ("{}{}", false),
    ("x{}", false), ("{}x", false), ("{\"a\":\"{\"}", true),
  ]) func wholeObjects(text: String, isWhole: Bool) {
    #expect(Array(text.utf8).withUnsafeBytes { looksLikeWholeObject($0) } == isWhole)
  }
}
