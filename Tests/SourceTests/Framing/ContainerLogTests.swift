import Support
import TestSupport
import Testing

@testable import Source

/// Container logs as the file source follows them.
@Suite struct ContainerLogTests {
  let scratch = Scratch()
  let follower: Follower

  init() { follower = Follower(scratch.file("0.log"), maxLine: 100_000) }

  private static let line = "{\"n\":\"" + String(repeating: "0123456789", count: 5000) + "\"}"

  @Test(arguments: Runtime.allCases) func aLongLineArrivesInParts(runtime: Runtime) {
    let parts = frames(Self.line, by: runtime, size: 16_384)
    #expect(parts.count == 4)
    scratch.append(frame("banner", by: runtime) + parts[0], to: "0.log")
    #expect(follower.read() == ["banner"])
    for part in parts[1..<3] {
      scratch.append(part, to: "0.log")
      #expect(follower.read() == [])
      follower.commit()
    }
    scratch.append(parts[3], to: "0.log")
    #expect(follower.read() == [Self.line])
    #expect(follower.read() == [])
  }

  @Test(arguments: Runtime.allCases) func aCrashRereadsFromTheFirstPart(runtime: Runtime) {
    let parts = frames(Self.line, by: runtime, size: 16_384)
    scratch.append(parts[..<2].joined(), to: "0.log")
    follower.read()
    follower.commit()
    follower.crash()
    scratch.append(parts[2...].joined(), to: "0.log")
    #expect(follower.read() == [Self.line])
    follower.commit()
    follower.crash()
    #expect(follower.read() == [])
  }

  @Test(arguments: Runtime.allCases) func rotatedInTheMiddleOfALine(runtime: Runtime) {
    let parts = frames(Self.line, by: runtime, size: 16_384)
    scratch.append(frame("{}", by: runtime) + parts[0] + parts[1], to: "0.log")
    #expect(follower.read() == ["{}"])
    follower.commit()
    scratch.rename("0.log", to: "0.log.1")
    scratch.append(parts[2], to: "0.log")
    #expect(follower.read() == [])
    follower.commit()
    follower.crash()
    scratch.append(parts[3] + frame("{\"b\":1}", by: runtime), to: "0.log")
    #expect(follower.read() == [Self.line, "{\"b\":1}"])
    follower.commit()
    follower.crash()
    #expect(follower.read() == [])
    #expect(follower.source.lagBytes == 0)
  }

  @Test(arguments: Runtime.allCases, [false, true])
  func bothStreamsAcrossARotation(runtime: Runtime, isCrashed: Bool) {
    let out = frames("{\"o\":\"0123456789\"}", by: runtime, size: 10)
    let err = frames("{\"e\":\"0123456789\"}", by: runtime, stream: "stderr", size: 10)
    scratch.append(out[0] + err[0], to: "0.log")
    #expect(follower.read() == [])
    scratch.tick()
    scratch.rename("0.log", to: "0.log.1")
    scratch.append(out[1], to: "0.log")
    #expect(follower.read() == ["{\"o\":\"0123456789\"}"])
    follower.commit()
    if isCrashed { follower.crash() }
    scratch.append(err[1], to: "0.log")
    #expect(follower.read() == ["{\"e\":\"0123456789\"}"])
    follower.commit()
    follower.crash()
    scratch.append(frame("{}", by: runtime), to: "0.log")
    #expect(follower.read() == ["{}"])
  }

  @Test(arguments: Runtime.allCases) func aLineLeftOpenHoldsUpTheOtherStreamForSeconds(
    runtime: Runtime
  ) {
    let part = frame("{\"cut", by: runtime, stream: "stderr", isFinal: false)
    scratch.append(part, to: "0.log")
    scratch.append(frame("{}", by: runtime), to: "0.log")
    #expect(follower.read() == [])
    #expect(follower.read(after: .seconds(4)) == [])
    #expect(follower.read(after: .seconds(2)) == ["{\"cut", "{}"])
    follower.commit()
    follower.crash()
    // Known again as the rest of a line that was dealt with.
    scratch.append(frame("end\"}", by: runtime, stream: "stderr"), to: "0.log")
    #expect(follower.read() == [])
  }

  @Test(arguments: Runtime.allCases) func anEndlessLineIsCountedOnce(runtime: Runtime) {
    let part = frame("{" + String(repeating: "x", count: 16_000), by: runtime, isFinal: false)
    var tooLong = 0
    for _ in 0..<20 {
      scratch.append(part, to: "0.log")
      follower.read()
      tooLong += follower.last.tooLong
      follower.commit()
      follower.crash()
    }
    #expect(tooLong == 1)
    scratch.append(frame("}", by: runtime) + frame("{}", by: runtime), to: "0.log")
    #expect(follower.read() == ["{}"])
  }

  @Test func aLastFrameWithoutAnEnd() {
    scratch.append(String(frame("{}", by: .docker).dropLast()), to: "0.log")
    #expect(follower.read() == [])
    scratch.rename("0.log", to: "0.log.1")
    scratch.append("", to: "0.log")
    #expect(follower.read() == [])
    #expect(follower.read(after: .seconds(3)) == ["{}"])
  }
}
