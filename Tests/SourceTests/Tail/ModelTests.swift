import Glibc
import Support
import TestSupport
import Testing

@testable import Source

/// Random histories of a log and its reader, against the list of lines that were written.
///
/// `SIDELIGHT_TAIL_ROUNDS` sets the number of histories, `SIDELIGHT_TAIL_SEED` the first one.
@Suite struct ModelTests {
  static let rounds = setting("SIDELIGHT_TAIL_ROUNDS") ?? 200
  static let firstSeed = setting("SIDELIGHT_TAIL_SEED") ?? 1

  @Test(arguments: [History.Rotation.rename, .copyTruncate])
  func everyLineOnce(rotation: History.Rotation) {
    // Copies need ticks of the clock between them, so fewer histories must do.
    run(rotation, rounds: rotation == .rename ? Self.rounds : Self.rounds / 4)
  }

  @Test(arguments: Runtime.allCases) func everyLineOfAContainerOnce(runtime: Runtime) {
    run(.rename, rounds: Self.rounds / 4, by: runtime)
  }

  private func run(_ rotation: History.Rotation, rounds: Int, by runtime: Runtime? = nil) {
    for seed in Self.firstSeed..<(Self.firstSeed + rounds) {
      var history = History(seed: UInt64(seed), rotation: rotation, runtime: runtime)
      let outcome = history.run()
      guard outcome.lost.isEmpty && outcome.repeated.isEmpty else {
        Issue.record(
          """
          seed \(seed), \(rotation): lost \(outcome.lost.prefix(5)), \
          repeated \(outcome.repeated.prefix(5)) after
          \(history.steps.joined(separator: "\n"))
          """)
        return
      }
    }
  }

  private static func setting(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}

/// One history: a writer's files, a reader, and what happened.
struct History {
  enum Rotation: Sendable { case rename, copyTruncate }

  private var random: SplitMix
  private let rotation: Rotation
  /// Who frames the lines, if anybody.
  private let runtime: Runtime?
  private let scratch = Scratch()
  private let follower: Follower
  private var writer: Writer
  /// Descriptors that other processes of the writer have not closed.
  private var lateWriters: [Writer] = []
  private var written: [String] = []
  /// The end of a line whose beginning is written.
  private var unwritten: String?
  /// The same in frames, which may be written to the next file.
  private var unwrittenFrames: [String] = []
  private var rotatedCount = 0
  private(set) var steps: [String] = []

  init(seed: UInt64, rotation: Rotation, runtime: Runtime? = nil) {
    random = SplitMix(state: seed)
    self.rotation = rotation
    self.runtime = runtime
    follower = Follower(scratch.file("app.log"), maxLine: 1 << 17)
    writer = Writer(scratch.file("app.log"))
    follower.read()
    follower.commit()
  }

  mutating func run() -> (lost: [String], repeated: [String]) {
    for _ in 0..<random.number(60) { step() }
    finishLine()
    writer.write(unwrittenFrames.joined())
    follower.read(after: .seconds(5))
    follower.read(after: .seconds(5))
    follower.commit()
    var counts: [String: Int] = [:]
    for line in follower.committed { counts[line, default: 0] += 1 }
    let lost = written.filter { counts[$0] == nil }
    return (lost, counts.filter { $0.value > 1 }.map(\.key) + unknown(counts))
  }

  /// Lines that nobody wrote.
  private func unknown(_ counts: [String: Int]) -> [String] {
    let known = Set(written)
    return counts.keys.filter { !known.contains($0) }
  }

  private mutating func step() {
    switch random.number(16) {
    case 0...3: note("append") { $0.append() }
    case 4: note("begin line") { $0.beginLine() }
    case 5...6:
      if rotation == .rename { note("rename") { $0.rename() } } else { copyAndTruncate() }
    case 7:
      guard rotation == .rename else { return }
      note("burst") { history in
        for _ in 0..<(2 + history.random.number(2)) {
          history.append()
          history.rename()
        }
      }
    case 8: note("late write") { $0.writeLate() }
    case 9: note("delete and create") { $0.deleteAndCreate() }
    case 10...11: note("read") { $0.follower.read(after: .milliseconds(300)) }
    case 12: note("read a little") { $0.readALittle() }
    case 13: note("commit") { $0.follower.commit() }
    case 14: note("crash") { $0.follower.crash() }
    default: note("rewind") { $0.follower.rewind() }
    }
  }

  private mutating func note(_ name: String, _ body: (inout History) -> Void) {
    steps.append(name)
    body(&self)
  }

  private mutating func line() -> String {
    let length = random.number(20) == 0 ? random.number(100_000) : random.number(200)
    let line = "{\"n\":\(written.count),\"x\":\"\(String(repeating: "x", count: length))\"}"
    written.append(line)
    return line
  }

  private mutating func append() {
    if let runtime { return writer.write(mixed(frames(ofLines: 30, by: runtime))) }
    finishLine()
    var text = ""
    for _ in 0..<random.number(30) { text += line() + "\n" }
    writer.write(text)
  }

  /// Frames of lines of both streams; those of the first go on with what was begun before.
  private mutating func frames(ofLines count: Int, by runtime: Runtime) -> [[String]] {
    let size = [20, 150, 16_384][random.number(3)]
    var streams: [[String]] = [unwrittenFrames, []]
    unwrittenFrames = []
    for _ in 0..<random.number(count) {
      let stream = random.number(2)
      let name = ["stdout", "stderr"][stream]
      let line = line()
      let least = line.utf8.count / 50
      streams[stream] += SourceTests.frames(
        line, by: runtime, stream: name, size: max(size, least))
    }
    return streams
  }

  private mutating func mixed(_ streams: [[String]]) -> String {
    var rest = streams.map { $0[...] }
    var text = ""
    while let one = rest.indices.filter({ !rest[$0].isEmpty }).randomElement(using: &random) {
      text += rest[one].removeFirst()
    }
    return text
  }

  /// Writes some frames of one line; the rest comes with what is written next, wherever.
  private mutating func beginFramedLine(by runtime: Runtime) {
    writer.write(unwrittenFrames.joined())
    let line = line()
    let parts = SourceTests.frames(line, by: runtime, size: max(20, line.utf8.count / 50))
    let count = random.number(parts.count)
    writer.write(parts[..<count].joined())
    unwrittenFrames = Array(parts[count...])
  }

  private mutating func beginLine() {
    if let runtime { return beginFramedLine(by: runtime) }
    finishLine()
    let whole = line() + "\n"
    let cut = whole.index(whole.startIndex, offsetBy: 1 + random.number(whole.count - 1))
    writer.write(String(whole[..<cut]))
    unwritten = String(whole[cut...])
  }

  private mutating func finishLine() {
    guard runtime == nil else { return }
    if let rest = unwritten { writer.write(rest) }
    unwritten = nil
  }

  private mutating func rename() {
    finishLine()
    // What goes on in the next file must be known to be the next.
    if runtime != nil { scratch.tick() }
    shiftRotated()
    scratch.rename("app.log", to: "app.log.1")
    if random.number(3) == 0 { lateWriters.append(writer) }
    writer = Writer(scratch.file("app.log"))
  }

  private mutating func shiftRotated() {
    for number in stride(from: rotatedCount, to: 0, by: -1) {
      scratch.rename("app.log.\(number)", to: "app.log.\(number + 1)")
    }
    rotatedCount += 1
  }

  private mutating func writeLate() {
    // Runtimes leave a file for good.
    guard !lateWriters.isEmpty, runtime == nil else { return }
    let index = random.number(lateWriters.count)
    lateWriters[index].write(line() + "\n")
    if random.number(3) == 0 { lateWriters.remove(at: index) }
  }

  private mutating func drain() {
    finishLine()
    writer.write(unwrittenFrames.joined())
    unwrittenFrames = []
    follower.read()
    follower.commit()
  }

  private mutating func copyAndTruncate() {
    steps.append("copy and truncate")
    drain()
    // A copy keeps what was not read, once the reader knows the file by its content.
    let identity = try? FileFacts(path: scratch.file("app.log")).identity
    if let identity, follower.stored[identity]?.offset ?? 0 > 0 { append() }
    scratch.tick()
    shiftRotated()
    let copy = Writer(scratch.file("app.log.1"))
    copy.write(contents(of: scratch.file("app.log")))
    scratch.cut("app.log")
    // What lies in a copy must be taken up before the next one replaces it.
    follower.read()
    follower.commit()
  }

  private mutating func deleteAndCreate() {
    drain()
    // Births are told apart only from one tick to the next.
    if rotation == .copyTruncate { scratch.tick() }
    scratch.remove("app.log")
    writer = Writer(scratch.file("app.log"))
  }

  private mutating func readALittle() {
    follower.clock.advance(.milliseconds(Int64(random.number(1200))))
    if random.number(2) == 0 { follower.source.requestScan() }
    for _ in 0..<random.number(6) { follower.step(budget: 1 + random.number(5000)) }
  }

  private func contents(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Sebastiano Vigna's generator: the same numbers for the same seed everywhere.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// 0 to `bound - 1`.
  mutating func number(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
}
