import TestSupport

@testable import Source

/// Where a log is cut into pieces, and where reading it is interrupted, makes no difference to what
/// its lines are.
enum FramingProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    var random = chances(of: input)
    let maxLine = [24, 300, 4096].randomElement(using: &random) ?? 300
    let whole = framed(input, maxLine) { _ in input.count }
    try account(for: whole, in: input, maxLine)
    for _ in 0..<2 {
      let size = Int.random(in: 1...max(1, input.count / 2), using: &random) + input.count / 64
      let pieces = framed(input, maxLine) { _ in Int.random(in: 1...size, using: &random) }
      try hold(pieces, is: whole, "pieces of at most \(size) bytes, lines of \(maxLine)")
      let restarted = framed(input, maxLine, isForgetful: true) { _ in
        Int.random(in: 1...size, using: &random)
      }
      try hold(restarted, is: whole, "restarts after \(size) bytes, lines of \(maxLine)")
    }
    try StreamProperties.check(input, maxLine, &random)
  }

  private struct Line: Equatable, CustomStringConvertible {
    var offset: Int64
    var bytes: [UInt8]

    var description: String { "\(offset): \(text(bytes).debugDescription)" }
  }

  private struct Framed: Equatable {
    var lines: [Line] = []
    var tooLong = 0
    var isFramed = false
  }

  /// Reads as `FileSource` does: what has no end is looked at again with what follows it.
  private static func framed(
    _ input: [UInt8], _ maxLine: Int, isForgetful: Bool = false, size: (Int) -> Int
  ) -> Framed {
    var input = input
    var framed = Framed()
    var containers = ContainerLines(maxLine: maxLine)
    var skipping: ContainerLines.Streams = []
    var (position, available) = (0, 0)
    input.withUnsafeMutableBytes { bytes in
      repeat {
        available = min(bytes.count, available + size(available))
        let window = UnsafeMutableRawBufferPointer(rebasing: bytes[position..<available])
        var splitter = LineSplitter(maxLine: maxLine)
        let deliver = { (line: UnsafeMutableRawBufferPointer, offset: Int64) in
          framed.lines.append(Line(offset: offset, bytes: Array(line)))
        }
        if isForgetful {
          skipping = ContainerLines.unfinished(
            in: UnsafeMutableRawBufferPointer(rebasing: bytes[..<position]))
        }
        var taken = splitter.split(window, at: Int64(position), deliver)
        if splitter.hasMetFrame {
          framed.isFramed = true
          let rest = UnsafeMutableRawBufferPointer(rebasing: window[taken...])
          taken +=
            containers.unwrap(
              rest, at: Int64(position + taken), skipping: &skipping, &splitter, deliver
            ).taken
        }
        position += taken
        framed.tooLong += splitter.tooLong
      } while available < bytes.count
    }
    return framed
  }

  /// Every line is there, in the order of the log: delivered or too long.
  private static func account(
    for framed: Framed, in input: [UInt8], _ maxLine: Int
  ) throws(Violation) {
    for (line, next) in zip(framed.lines, framed.lines.dropFirst()) {
      // A line that a container's death cut short has the place of the next one.
      try hold(line.offset <= next.offset, "\(line) comes before \(next)")
    }
    for line in framed.lines {
      try hold(line.bytes.count <= maxLine, "\(line) is longer than \(maxLine)")
    }
    guard !framed.isFramed else { return }
    let expected = lines(of: input).dropLast().map { $0.last == 0x0D ? $0.dropLast() : $0[...] }
    let short = expected.filter { $0.count <= maxLine }.map(Array.init)
    try hold(framed.lines.map { text($0.bytes) }, is: short.map(text), "lines of \(maxLine)")
    try hold(framed.tooLong, is: expected.count - short.count, "overlong lines of \(maxLine)")
  }
}

/// A stream gives the same lines in whatever pieces it comes, however often it is read again.
enum StreamProperties {
  static func check(
    _ input: [UInt8], _ maxLine: Int, _ random: inout SeededRandom
  ) throws(Violation) {
    var all = lines(of: input)
    if all.last?.isEmpty ?? false { all.removeLast() }
    let expected = all.map { $0.last == 0x0D ? $0.dropLast() : $0[...] }
    let short = expected.filter { $0.count <= maxLine }.map(Array.init)

    var stream = StreamLines(capacity: 0, maxLine: maxLine)
    var found: [[UInt8]] = []
    var (committed, tooLong, committedTooLong) = (0, 0, 0)
    var rest = input[...]
    let size = Int.random(in: 1...max(1, input.count), using: &random) + input.count / 64
    while true {
      let isEnd = rest.isEmpty
      var result = ReadResult()
      _ = stream.fill { room in
        let count = min(room.count, rest.count, Int.random(in: 1...size, using: &random))
        room.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
      }
      repeat {
        stream.deliver(budget: Int.random(in: 1...1000, using: &random), &result) { line, _ in
          found.append(Array(line))
        }
      } while result.hasMore
      if isEnd {
        stream.deliverRemainder(&result) { line, _ in found.append(Array(line)) }
      }
      tooLong += result.tooLong
      if Bool.random(using: &random), !isEnd {
        stream.rewind()
        found.removeSubrange(committed...)
        tooLong = committedTooLong
      }
      // Without room nothing comes in before a commit.
      if isEnd || Bool.random(using: &random) || !stream.hasRoom {
        var result = ReadResult()
        repeat {
          stream.deliver(budget: 1 << 20, &result) { line, _ in found.append(Array(line)) }
        } while result.hasMore
        tooLong += result.tooLong
        stream.commit()
        (committed, committedTooLong) = (found.count, tooLong)
      }
      if isEnd { break }
    }
    try hold(found.map(text), is: short.map(text), "lines of \(maxLine) in a stream")
    try hold(tooLong, is: expected.count - short.count, "overlong lines of \(maxLine) in a stream")
  }
}
