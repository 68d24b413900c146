import Support
import TestSupport
import Testing

@testable import Source

@Suite struct PackedTests {
  let scratch = Scratch()
  let follower: Follower

  init() { follower = Follower(scratch.file("app.log"), maxLine: 2000) }

  /// Packs a file as gzip does.
  private func pack(_ lines: Range<Int>, as name: String, insteadOf old: String? = nil) {
    scratch.append(bytes: gzip(Array(text(lines).utf8)), to: name)
    if let old { scratch.remove(old) }
    scratch.tick()
  }

  @Test func packedWhileAway() {
    scratch.append(text(0..<50), to: "app.log")
    follower.read()
    follower.commit()
    scratch.append(text(50..<100), to: "app.log")
    pack(0..<100, as: "app.log.1.gz", insteadOf: "app.log")
    scratch.append(text(100..<110), to: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(50..<110))
    follower.commit()
    follower.crash()
    #expect(follower.read() == [])
    #expect(follower.read(after: .minutes(11)) == [])
    follower.commit()
    // Read to its end, it is forgotten.
    #expect(follower.stored.values.map(\.offset) == [Int64(text(100..<110).utf8.count)])
    follower.crash()
    #expect(follower.read() == [])
  }

  @Test func theNameIsGoneToo() {
    scratch.append(text(0..<50), to: "app.log")
    follower.read()
    follower.commit()
    pack(0..<60, as: "app.log.1.gz", insteadOf: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(50..<60))
  }

  /// Of three rotations, two files were never seen plain.
  @Test func othersBetween() {
    pack(9000..<9010, as: "app.log.4.gz")
    scratch.append(text(0..<50), to: "app.log")
    follower.read()
    follower.commit()
    pack(0..<60, as: "app.log.3.gz", insteadOf: "app.log")
    pack(60..<70, as: "app.log.2.gz")
    pack(70..<80, as: "app.log.1.gz")
    scratch.append(text(80..<90), to: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(50..<90))
    follower.commit()
    follower.crash()
    #expect(follower.read() == [])
  }

  /// A text far larger than what is kept of it, with crashes on the way.
  @Test func resumable() {
    let end = 250_000
    scratch.append(text(0..<10), to: "app.log")
    follower.read()
    follower.commit()
    pack(0..<end, as: "app.log.1.gz", insteadOf: "app.log")
    scratch.append(text(end..<(end + 1)), to: "app.log")
    follower.crash()
    for _ in 0..<5 {
      for _ in 0..<3 { follower.step(budget: 300_000) }
      follower.commit()
      follower.step(budget: 300_000)
      follower.crash()
    }
    follower.read()
    follower.commit()
    #expect(follower.committed == numbered(0..<(end + 1)))
  }

  @Test func behindASymbolicLink() {
    scratch.makeDirectory("pod")
    scratch.append(text(0..<50), to: "pod/0.log")
    scratch.link("pod/0.log", from: "app.log")
    follower.read()
    follower.commit()
    pack(0..<60, as: "pod/0.log.20261121-120000.gz", insteadOf: "pod/0.log")
    scratch.append(text(60..<70), to: "pod/0.log")
    follower.crash()
    #expect(follower.read() == numbered(50..<70))
  }

  @Test func anotherTextIsNotTaken() {
    scratch.append(text(0..<50), to: "app.log")
    follower.read()
    follower.commit()
    pack(1000..<1100, as: "app.log.1.gz", insteadOf: "app.log")
    scratch.append(bytes: [0x1F, 0x8B, 8, 0], to: "app.log.2.gz")
    scratch.write("no gzip", to: "app.log.3.gz")
    scratch.append(text(200..<210), to: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(200..<210))
  }

  /// A packed file is younger than the text in it: those that came after it are looked for all the
  /// same.
  @Test func packedBeforeOthersCameAfterIt() {
    scratch.append(text(0..<20), to: "app.log")
    follower.read()
    scratch.rename("app.log", to: "app.log.1")
    scratch.tick()
    scratch.append(text(20..<30), to: "app.log")
    follower.read()
    follower.commit()
    pack(0..<20, as: "app.log.3.gz", insteadOf: "app.log.1")
    scratch.append(text(30..<40), to: "app.log")
    scratch.rename("app.log", to: "app.log.2")
    scratch.append(text(40..<50), to: "app.log")
    scratch.rename("app.log", to: "app.log.1")
    scratch.tick()
    scratch.append(text(50..<60), to: "app.log")
    follower.crash()
    #expect(follower.read() == numbered(30..<60))
  }
}
