import Glibc
import Support
import TestSupport
import Testing

@testable import Source

/// Sidelight's own rotation.
@Suite struct RotatingTests {
  let scratch = Scratch()

  private func follower(_ glob: String = "app.log", keep: Int = 1) -> Follower {
    Follower(scratch.file(glob), rotation: .init(size: 1000, keep: keep))
  }

  private func exists(_ name: String) -> Bool { access(scratch.file(name), F_OK) == 0 }

  /// Reads, commits, and lets time pass.
  private func turn(_ follower: Follower, after span: TimeSpan = .seconds(1)) {
    follower.read(after: span)
    follower.commit()
  }

  @Test func renamedOnceReadAndCommitted() {
    let follower = follower()
    scratch.append(text(0..<200), to: "app.log")
    follower.read()
    follower.read()
    #expect(!exists("app.log.1"))
    follower.commit()
    follower.read()
    #expect(exists("app.log.1") && !exists("app.log"))
    // Its writer has not noticed yet.
    scratch.append(text(200..<210), to: "app.log.1")
    scratch.append(text(210..<220), to: "app.log")
    #expect(follower.read() == numbered(200..<220))
    #expect(follower.source.files.count == 2)
  }

  @Test func notBelowTheSizeNorWithALineWithoutAnEnd() {
    let follower = follower()
    scratch.append(text(0..<50), to: "app.log")
    turn(follower)
    turn(follower)
    #expect(!exists("app.log.1"))
    scratch.append(text(50..<200) + "{", to: "app.log")
    turn(follower)
    turn(follower)
    #expect(!exists("app.log.1"))
    scratch.append("}\n", to: "app.log")
    turn(follower)
    turn(follower)
    #expect(exists("app.log.1"))
  }

  @Test(arguments: [0, 1, 2]) func keepsSoMany(keep: Int) {
    let follower = follower(keep: keep)
    for round in 0..<5 {
      scratch.append(text((round * 200)..<(round * 200 + 200)), to: "app.log")
      turn(follower)
      turn(follower)
    }
    scratch.append("", to: "app.log")
    turn(follower)
    // Nothing is deleted that was written to a moment ago.
    #expect((1...5).allSatisfy { exists("app.log.\($0)") })
    turn(follower, after: .seconds(61))
    #expect((1...5).filter { exists("app.log.\($0)") } == Array(1..<(keep + 1)))
    turn(follower, after: .minutes(30))
    #expect((1...5).filter { exists("app.log.\($0)") } == Array(1..<(keep + 1)))
    #expect(follower.committed == numbered(0..<1000))
    turn(follower, after: .seconds(11))
    #expect(follower.stored.count == keep + 1)
  }

  @Test func keptFilesAreKnownAfterARestartAndMuchTime() {
    let follower = follower()
    scratch.append(text(0..<200), to: "app.log")
    turn(follower)
    turn(follower)
    scratch.append(text(200..<400), to: "app.log")
    turn(follower)
    turn(follower, after: .hours(2))
    follower.crash()
    scratch.append(text(400..<410), to: "app.log")
    turn(follower)
    #expect(exists("app.log.2"))
    turn(follower, after: .seconds(61))
    #expect(exists("app.log.1") && !exists("app.log.2"))
    #expect(follower.committed == numbered(0..<410))
  }

  @Test func neverTouchesWhatItHasNotRead() {
    scratch.append("mine\n", to: "app.log.1")
    scratch.append("mine\n", to: "app.log.7")
    scratch.tick()
    let follower = follower()
    scratch.append(text(0..<200), to: "app.log")
    turn(follower)
    follower.read()
    let path = scratch.file("app.log")
    #expect(
      follower.last.problems.map(\.description) == [
        "cannot rotate \(path): \(path).1 is in the way and was not read from here; move it away; "
          + "it is read on and grows"
      ])
    // Told once.
    follower.read()
    #expect(follower.last.problems == [])
    scratch.rename("app.log.1", to: "moved")
    turn(follower)
    scratch.append("", to: "app.log")
    turn(follower, after: .hours(1))
    turn(follower, after: .hours(1))
    #expect(exists("app.log.1") && exists("app.log.7") && exists("moved"))
  }

  @Test func eachFileOfAGlobByItself() {
    let follower = follower("*")
    scratch.append(text(0..<200), to: "a.log")
    scratch.append(text(200..<210), to: "b.log")
    for round in 1..<4 {
      turn(follower)
      turn(follower)
      scratch.append(text((round * 1000)..<(round * 1000 + 200)), to: "a.log")
    }
    turn(follower, after: .seconds(61))
    turn(follower, after: .seconds(61))
    #expect(exists("a.log.1") && !exists("a.log.1.1") && !exists("b.log.1"))
    #expect(follower.committed.count == 810)
    #expect(Set(follower.committed).count == 810)
  }

  @Test func behindASymbolicLink() {
    scratch.makeDirectory("pod")
    scratch.append(text(0..<200), to: "pod/0.log")
    scratch.link("pod/0.log", from: "app.log")
    let follower = follower()
    turn(follower)
    turn(follower)
    #expect(exists("pod/0.log.1") && !exists("pod/0.log"))
    scratch.append(text(200..<400), to: "app.log")
    turn(follower)
    turn(follower)
    scratch.append(text(400..<410), to: "app.log")
    turn(follower, after: .seconds(61))
    turn(follower, after: .seconds(61))
    #expect(exists("pod/0.log.1") && !exists("pod/0.log.2") && exists("pod/0.log"))
    #expect(follower.committed == numbered(0..<410))
  }

  @Test func withoutPermissionItReadsOn() {
    let follower = follower()
    follower.source.changes.rename = { _, _ in
      errno = EACCES
      return false
    }
    scratch.append(text(0..<200), to: "app.log")
    turn(follower)
    follower.read()
    let path = scratch.file("app.log")
    #expect(
      follower.last.problems.map(\.description) == [
        "cannot rotate \(path): \(path): permission denied; it is read on and grows"
      ])
    scratch.append(text(200..<210), to: "app.log")
    #expect(follower.read() == numbered(200..<210))
    #expect(follower.last.problems == [])
  }

  /// Kills between any two steps, with a writer as the callback is one: it reopens some time after
  /// its file was moved away.
  @Test func exactOverKillsAnywhere() {
    for seed in 1...60 {
      var history = RotatingHistory(seed: UInt64(seed))
      #expect(history.run() == [], "seed \(seed): \(history.steps)")
    }
  }
}

private struct RotatingHistory {
  private var random: SplitMix
  private let scratch = Scratch()
  private let follower: Follower
  private var writer: Writer
  private var count = 0
  private var isFollowed = true
  private(set) var steps = ""

  init(seed: UInt64) {
    random = SplitMix(state: seed)
    follower = Follower(
      scratch.file("app.log"), rotation: .init(size: 1000, keep: random.number(3)))
    writer = Writer(scratch.file("app.log"))
  }

  /// Lines that were lost or read twice.
  mutating func run() -> [String] {
    for _ in 0..<150 { step() }
    reopen()
    for _ in 0..<3 {
      follower.read(after: .minutes(2))
      follower.commit()
    }
    let found = Dictionary(follower.committed.map { ($0, 1) }, uniquingKeysWith: +)
    let written = Set(numbered(0..<count))
    return written.filter { found[$0] != 1 } + found.keys.filter { !written.contains($0) }
  }

  private mutating func step() {
    let choice = random.number(9)
    steps += String(choice)
    switch choice {
    case 0...2:
      let more = random.number(60)
      writer.write(text(count..<(count + more)))
      count += more
    case 3: reopen()
    case 4: follower.step(budget: random.number(2000))
    case 5: follower.read(after: .seconds(Int64(random.number(80))))
    case 6:
      follower.read()
      follower.commit()
    case 7: killWithin(random.number(6))
    default: follower.crash()
    }
  }

  /// Opens the log anew if it was moved away.
  private mutating func reopen() {
    if access(scratch.file("app.log"), F_OK) != 0 { writer = Writer(scratch.file("app.log")) }
  }

  /// A pass that is killed before its `limit`-th change of a name.
  private func killWithin(_ limit: Int) {
    var left = limit
    follower.source.changes = NameChanges(
      rename: { old, new in
        left -= 1
        return left >= 0 && rename(old, new) == 0
      },
      delete: { path in
        left -= 1
        return left >= 0 && unlink(path) == 0
      })
    follower.read(after: .seconds(70))
    if left > 0 { follower.commit() }
    follower.crash()
  }
}
