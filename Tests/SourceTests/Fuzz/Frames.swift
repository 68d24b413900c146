import Support
import TestSupport

@testable import Source

/// What container runtimes write.
enum Runtime: CaseIterable, Sendable { case docker, cri }

/// A frame around a part of what a container printed.
func frame(
  _ text: String, by runtime: Runtime, stream: String = "stdout", isFinal: Bool = true
) -> String {
  let time = "2026-11-21T14:00:00.123456789Z"
  switch runtime {
  case .docker:
    let end = isFinal ? "\\n" : ""
    return "{\"log\":\"\(escaped(text))\(end)\",\"stream\":\"\(stream)\",\"time\":\"\(time)\"}\n"
  case .cri: return "\(time) \(stream) \(isFinal ? "F" : "P") \(text)\n"
  }
}

/// The frames of one line of ASCII, cut after each `size` bytes.
func frames(
  _ line: String, by runtime: Runtime, stream: String = "stdout", size: Int
) -> [String] {
  let bytes = Array(line.utf8)
  let cuts = Array(stride(from: 0, to: max(bytes.count, 1), by: size))
  return cuts.map { cut in
    let end = min(cut + size, bytes.count)
    let part = String(decoding: bytes[cut..<end], as: UTF8.self)
    return frame(part, by: runtime, stream: stream, isFinal: cut == cuts.last)
  }
}

private func escaped(_ text: String) -> String {
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
    case UInt8(ascii: "\t"): bytes += Array("\\t".utf8)
    case UInt8(ascii: "<"): bytes += Array("\\u003c".utf8)
    default: bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// What `ContainerLines` makes of some text.
struct Unwrapped: Equatable {
  var lines: [String] = []
  var offsets: [Int64] = []
  var tooLong = 0
  var progress = ContainerLines.Progress()
  var skipping: ContainerLines.Streams = []

  init(
    _ text: String, maxLine: Int = 1000, skipping: ContainerLines.Streams = [],
    isEnd: Bool = false, givingUp: Bool = false
  ) {
    var bytes = Array(text.utf8)
    var container = ContainerLines(maxLine: maxLine)
    var splitter = LineSplitter(maxLine: maxLine)
    self.skipping = skipping
    var found: [(String, Int64)] = []
    progress = bytes.withUnsafeMutableBytes {
      container.unwrap(
        $0, at: 0, skipping: &self.skipping, isEnd: isEnd, givingUp: givingUp, &splitter
      ) { found.append((String(decoding: $0, as: UTF8.self), $1)) }
    }
    lines = found.map(\.0)
    offsets = found.map(\.1)
    tooLong = splitter.tooLong
  }
}
