/// One line of a container's log file: what a runtime puts around what the container printed.
///
/// Docker's `json-file` writes `{"log":"…\n","stream":"stdout","time":"…"}`, where a part of a longer
/// line lacks the `\n`; CRI runtimes write `TIME stdout P|F …`. Both cut lines at 16 KiB.
struct ContainerFrame: Equatable {
  enum Stream: UInt8 {
    case stdout
    case stderr
  }

  var stream: Stream
  /// Whether the container's line ends here; if not, the stream's next frame continues it.
  var isFinal: Bool
  /// Where the text lies in the line.
  var text: Range<Int>
  /// Whether it is the inside of a JSON string.
  var isEscaped: Bool

  private static let dockerHead = Array("{\"log\":\"".utf8)
  private static let dockerHeadWord = dockerHead.withUnsafeBytes {
    $0.loadUnaligned(as: UInt64.self)
  }
  /// Quotes inside of a JSON string are escaped, so these can only follow it.
  private static let streamKey = Array("\",\"stream\":\"".utf8)
  private static let timeKey = Array("\",\"time\":\"".utf8)

  /// Whether a line begins like a frame; all others need not be looked at further.
  @inline(__always)
  static func mayBegin(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.count > 8 else { return false }
    let first = line[0]
    if first == UInt8(ascii: "{") {
      return line.loadUnaligned(as: UInt64.self) == dockerHeadWord
    }
    return first &- UInt8(ascii: "0") < 10
  }

  /// Nil if the line, given without its end, is no frame.
  init?(_ line: UnsafeRawBufferPointer) {
    guard Self.mayBegin(line) else { return nil }
    let frame = line[0] == UInt8(ascii: "{") ? Self.docker(line) : Self.cri(line)
    guard let frame else { return nil }
    self = frame
  }

  private init(stream: Stream, isFinal: Bool, text: Range<Int>, isEscaped: Bool) {
    self.stream = stream
    self.isFinal = isFinal
    self.text = text
    self.isEscaped = isEscaped
  }

  private static func docker(_ line: UnsafeRawBufferPointer) -> ContainerFrame? {
    guard line.last == UInt8(ascii: "}"), let end = dockerTextEnd(line) else { return nil }
    let rest = UnsafeRawBufferPointer(rebasing: line[(end + streamKey.count)...])
    guard let stream = stream(rest, followedBy: UInt8(ascii: "\"")) else { return nil }
    let start = dockerHead.count
    guard end >= start else { return nil }
    // `\n` at the end is a line's end unless its backslash is itself escaped.
    var slashes = 0
    if end - start >= 2, line[end - 1] == UInt8(ascii: "n") {
      while end - 2 - slashes >= start, line[end - 2 - slashes] == UInt8(ascii: "\\") {
        slashes += 1
      }
    }
    let isFinal = slashes % 2 == 1
    return ContainerFrame(
      stream: stream, isFinal: isFinal, text: start..<(isFinal ? end - 2 : end), isEscaped: true)
  }

  /// Without attributes, which are optional, the text ends a few bytes before the line.
  private static func dockerTextEnd(_ line: UnsafeRawBufferPointer) -> Int? {
    for length in 40...80 where length <= line.count {
      let rest = line[(line.count - length)...]
      guard rest.first == UInt8(ascii: "\""), rest.starts(with: streamKey) else { continue }
      let time = rest.dropFirst(streamKey.count + "stdout".utf8.count)
      let value = time.dropFirst(timeKey.count).dropLast(2)
      if time.starts(with: timeKey), !value.contains(UInt8(ascii: "\"")) {
        return line.count - length
      }
    }
    var index = dockerHead.count
    while index < line.count, line[index] != UInt8(ascii: "\"") {
      index += line[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return index < line.count && line[index...].starts(with: streamKey) ? index : nil
  }

  private static func cri(_ line: UnsafeRawBufferPointer) -> ContainerFrame? {
    // RFC 3339 with nanoseconds and a zone is 35 bytes long.
    guard line.count > 28, let space = line.prefix(36).firstIndex(of: 0x20), space >= 20,
      line[4] == UInt8(ascii: "-"), line[10] == UInt8(ascii: "T")
    else { return nil }
    let rest = UnsafeRawBufferPointer(rebasing: line[(space + 1)...])
    guard let stream = stream(rest, followedBy: 0x20), rest.count > 7 else { return nil }
    // Tags are separated by colons; the first is the one that is defined.
    let tag = rest[7]
    let tags = rest[8...]
    guard tag == UInt8(ascii: "P") || tag == UInt8(ascii: "F") else { return nil }
    guard tags.isEmpty || tags.first == 0x20 || tags.first == UInt8(ascii: ":") else { return nil }
    let end = tags.firstIndex(of: 0x20).map { $0 + 1 } ?? rest.count
    return ContainerFrame(
      stream: stream, isFinal: tag == UInt8(ascii: "F"),
      text: (space + 1 + end)..<line.count, isEscaped: false)
  }

  /// `stdout` or `stderr` at the front.
  private static func stream(
    _ bytes: UnsafeRawBufferPointer, followedBy end: UInt8
  ) -> Stream? {
    guard bytes.count > 6, bytes[6] == end else { return nil }
    if bytes.starts(with: "stdout".utf8) { return .stdout }
    return bytes.starts(with: "stderr".utf8) ? .stderr : nil
  }
}
