import Glibc

/// Puts together the lines that a container printed from the frames around their parts.
///
/// A line counts from where its first part begins: all lines that begin before a position are dealt
/// with, none after it. So a position is all that is needed to go on, and streams may interleave: a
/// part whose predecessor lies before the position belongs to a line that was dealt with.
struct ContainerLines: ~Copyable {
  /// The streams that are in the middle of a line that was dealt with.
  struct Streams: OptionSet {
    var rawValue: UInt8

    static func one(_ stream: ContainerFrame.Stream) -> Streams {
      Streams(rawValue: 1 << stream.rawValue)
    }
  }

  /// How far `unwrap` came, and why not farther.
  struct Progress: Equatable {
    /// Bytes of the lines that were dealt with.
    var taken = 0
    /// Whether the line that begins there has no end yet.
    var isOpen = false
    /// Whether lines of the other stream wait behind it.
    var isBlocking = false
  }

  typealias Delivery = (UnsafeMutableRawBufferPointer, Int64) -> Void

  private enum Joined {
    /// Behind its last part.
    case whole(end: Int)
    case tooLong
    case open(isBlocking: Bool)
    /// It cannot be a record.
    case foreign
  }

  /// What lasts for one call of `unwrap`.
  private struct Pass {
    var progress = Progress()
    /// Up to where each stream's parts belong to lines that were delivered.
    var joined = [0, 0]
    var skipping: Streams
    let isEnd: Bool
    var givingUp: Bool

    init(skipping: Streams, isEnd: Bool, givingUp: Bool) {
      self.skipping = skipping
      self.isEnd = isEnd
      self.givingUp = givingUp
    }

    func isJoined(_ frame: ContainerFrame) -> Bool {
      progress.taken < joined[Int(frame.stream.rawValue)]
    }

    /// The streams in the middle of a line where the pass ended.
    var skippingBehind: Streams {
      var streams = skipping
      for stream in [ContainerFrame.Stream.stdout, .stderr]
      where joined[Int(stream.rawValue)] > progress.taken { streams.insert(.one(stream)) }
      return streams
    }
  }

  let maxLine: Int
  /// The line being put together.
  private var text: LineBuffer
  private var length = 0
  /// Where its last part begins.
  private var lastPart = 0

  init(maxLine: Int) {
    self.maxLine = maxLine
    text = LineBuffer(capacity: 0)
  }

  /// A line with its frames and what may lie between them is not waited for beyond this: escapes
  /// can double it, and the other stream goes on meanwhile.
  var window: Int { 2 * maxLine + (1 << 20) }

  /// Delivers the lines that begin in the first `budget` of `bytes`, framed or not; `isEnd`: the last
  /// one need not have an end; `givingUp`: the first that is open is delivered as it is, for its
  /// reader to reject.
  mutating func unwrap(
    _ bytes: UnsafeMutableRawBufferPointer, at offset: Int64, budget: Int = .max,
    skipping: inout Streams, isEnd: Bool = false, givingUp: Bool = false,
    _ splitter: inout LineSplitter, _ deliver: Delivery
  ) -> Progress {
    var pass = Pass(skipping: skipping, isEnd: isEnd, givingUp: givingUp)
    while pass.progress.taken < budget,
      let line = Self.line(of: bytes, from: pass.progress.taken, isEnd: isEnd)
    {
      let behind = min(bytes.count, pass.progress.taken + line.count + 1)
      let place = offset + Int64(pass.progress.taken)
      if let frame = ContainerFrame(UnsafeRawBufferPointer(line)) {
        if !pass.isJoined(frame) {
          begin()
          append(frame, of: line)
          take(frame, bytes, behind, at: place, &pass, &splitter, deliver)
          if pass.progress.isOpen { break }
        }
      } else {
        splitter.take(line, at: place, deliver)
      }
      pass.progress.taken = behind
    }
    skipping = pass.skippingBehind
    return pass.progress
  }

  /// Deals with the line that the frame just appended begins, ends or continues.
  private mutating func take(
    _ frame: ContainerFrame, _ bytes: UnsafeMutableRawBufferPointer, _ behind: Int,
    at place: Int64, _ pass: inout Pass, _ splitter: inout LineSplitter, _ deliver: Delivery
  ) {
    let stream = Streams.one(frame.stream)
    if pass.skipping.contains(stream), !isLineOfItsOwn(frame) {
      if frame.isFinal { pass.skipping.remove(stream) }
      return
    }
    pass.skipping.remove(stream)
    if frame.isFinal { return splitter.take(whole, at: place, deliver) }
    // What is no object is not ours, whatever follows: the other stream need not wait for it.
    let joined =
      beginsObject ? join(bytes, from: behind, frame.stream, isEnd: pass.isEnd) : .foreign
    switch joined {
    case .whole(let end):
      pass.joined[Int(frame.stream.rawValue)] = end
      return deliverJoined(at: place, &splitter, deliver)
    case .open(let isBlocking) where !pass.givingUp:
      pass.progress.isOpen = true
      pass.progress.isBlocking = isBlocking
      return
    case .tooLong: splitter.skip(at: place)
    case .open:
      pass.givingUp = false
      splitter.take(whole, at: place, deliver)
    case .foreign: splitter.take(whole, at: place, deliver)
    }
    pass.skipping.insert(stream)
  }

  /// The streams whose last frame in `bytes` is not final; the first line may be cut.
  static func unfinished(in bytes: UnsafeMutableRawBufferPointer) -> Streams {
    var streams: Streams = []
    var start = 0
    while let line = line(of: bytes, from: start, isEnd: false) {
      if let frame = ContainerFrame(UnsafeRawBufferPointer(line)) {
        let stream = Streams.one(frame.stream)
        if frame.isFinal { streams.remove(stream) } else { streams.insert(stream) }
      }
      start += line.count + 1
    }
    return streams
  }

  /// Looks ahead for the other parts of the line whose first part was just taken.
  private mutating func join(
    _ bytes: UnsafeMutableRawBufferPointer, from start: Int, _ stream: ContainerFrame.Stream,
    isEnd: Bool
  ) -> Joined {
    var position = start
    var isBlocking = false
    while let line = Self.line(of: bytes, from: position, isEnd: isEnd) {
      position = min(bytes.count, position + line.count + 1)
      guard let frame = ContainerFrame(UnsafeRawBufferPointer(line)), frame.stream == stream else {
        isBlocking = true
        continue
      }
      append(frame, of: line)
      // A carriage return at the line's end does not count.
      if length > maxLine + 1 { return .tooLong }
      if frame.isFinal { return .whole(end: position) }
    }
    return bytes.count - start > window ? .tooLong : .open(isBlocking: isBlocking)
  }

  /// A container that was killed in the middle of a line leaves it without an end; its successor's
  /// first line is not that end.
  private mutating func deliverJoined(
    at place: Int64, _ splitter: inout LineSplitter, _ deliver: Delivery
  ) {
    let last = UnsafeMutableRawBufferPointer(rebasing: text.bytes[lastPart..<length])
    guard looksLikeWholeObject(UnsafeRawBufferPointer(last)) else {
      return splitter.take(whole, at: place, deliver)
    }
    splitter.take(
      UnsafeMutableRawBufferPointer(rebasing: text.bytes[..<lastPart]), at: place, deliver)
    splitter.take(last, at: place, deliver)
  }

  private func isLineOfItsOwn(_ frame: ContainerFrame) -> Bool {
    frame.isFinal && looksLikeWholeObject(UnsafeRawBufferPointer(whole))
  }

  private mutating func begin() {
    length = 0
    lastPart = 0
  }

  private mutating func append(_ frame: ContainerFrame, of line: UnsafeMutableRawBufferPointer) {
    lastPart = length
    let part = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(line)[frame.text])
    text.grow(to: max(length + part.count, min(text.bytes.count * 2, maxLine)))
    guard let base = text.bytes.baseAddress, let source = part.baseAddress else { return }
    if frame.isEscaped {
      length += JSONEscapes.unescape(part, into: base + length)
    } else {
      memcpy(base + length, source, part.count)
      length += part.count
    }
  }

  private var whole: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: text.bytes[..<length])
  }

  private var beginsObject: Bool {
    let first = whole.first { $0 != 0x20 && $0 != 0x09 }
    return first == UInt8(ascii: "{")
  }

  /// The line that begins at `start`, without its end; nil if it has none.
  @inline(__always)
  private static func line(
    of bytes: UnsafeMutableRawBufferPointer, from start: Int, isEnd: Bool
  ) -> UnsafeMutableRawBufferPointer? {
    guard start < bytes.count, let base = bytes.baseAddress else { return nil }
    guard let end = memchr(base + start, 0x0A, bytes.count - start) else {
      return isEnd ? UnsafeMutableRawBufferPointer(rebasing: bytes[start...]) : nil
    }
    let count = UnsafeRawPointer(end) - UnsafeRawPointer(base + start)
    return UnsafeMutableRawBufferPointer(start: base + start, count: count)
  }
}
