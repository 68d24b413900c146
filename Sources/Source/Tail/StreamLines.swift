import Glibc

/// Lines of a stream that can be read only once, kept from the last `commit` on so that they can
/// be delivered again.
struct StreamLines: ~Copyable {
  typealias Delivery = (UnsafeMutableRawBufferPointer, Int64) -> Void

  /// Bytes taken in at a time.
  static let chunk = 128 << 10

  private let maxLine: Int
  /// Whether to stop at a line that may be a container's frame, for `unwrap` to go on.
  private let stopsAtFrames: Bool
  private(set) var hasMetFrame = false
  private var buffer: LineBuffer
  // Indices into the buffer: from where on bytes are not committed, not delivered, not searched.
  private var kept = 0
  private var next = 0
  private var scanned = 0
  private var end = 0
  /// Where the last line begins that has no end yet.
  private var tail = 0
  /// Whether that line is too long, and the rest of it left out.
  private var isSkipping = false
  /// Position of the buffer's first byte in the stream.
  private var base: Int64
  /// How much was left out, and before which index.
  private var gaps: [(index: Int, length: Int64)] = []

  /// Room for `capacity` bytes, at least for two of the longest lines.
  init(capacity: Int, maxLine: Int, position: Int64 = 0, stopsAtFrames: Bool = false) {
    self.maxLine = maxLine
    self.stopsAtFrames = stopsAtFrames
    base = position
    buffer = LineBuffer(capacity: max(capacity, 2 * (maxLine + 2)))
  }

  /// Whether bytes can be taken in without a `commit`.
  var hasRoom: Bool { end - kept < buffer.bytes.count }

  /// Whether all that was taken in was delivered, but for a line without an end.
  var isDrained: Bool { scanned == end }

  /// Bytes in the buffer that were not delivered.
  var undelivered: Int { end - next }

  /// Position in the stream of the first byte not delivered.
  var position: Int64 { position(at: next) }

  /// Has `source` fill some room; returns what it returned: the bytes it gave, or ≤ 0.
  mutating func fill<Failure: Error>(
    _ source: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    // A short rest is moved to the front at once, so that the same memory stays in the cache.
    let isShort = end - kept < Self.chunk / 8
    if kept > 0 && (isShort || buffer.bytes.count - end < Self.chunk) { compact() }
    let room = buffer.bytes[end...].prefix(Self.chunk)
    if room.isEmpty { return 0 }
    let count = try source(UnsafeMutableRawBufferPointer(rebasing: room))
    if count > 0 { accept(count) }
    return count
  }

  /// Delivers about `budget` bytes of complete lines; `hasMore` of the result tells whether some
  /// are left.
  mutating func deliver(budget: Int, _ result: inout ReadResult, _ deliver: Delivery) {
    var splitter = LineSplitter(maxLine: maxLine)
    var bytes = 0
    while bytes < budget, let newline = lineEnd(from: scanned, to: end) {
      let line = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[next..<newline])
      if stopsAtFrames, ContainerFrame.mayBegin(UnsafeRawBufferPointer(line)) {
        hasMetFrame = true
        break
      }
      splitter.take(line, at: position(at: next), deliver)
      bytes += line.count + 1
      next = newline + 1
      scanned = next
    }
    if bytes < budget && !hasMetFrame { scanned = end }
    note(splitter, bytes, &result)
    result.hasMore = lineEnd(from: scanned, to: end) != nil
  }

  /// Delivers what follows the last line end, when the stream has ended.
  mutating func deliverRemainder(_ result: inout ReadResult, _ deliver: Delivery) {
    if next == end { return }
    var splitter = LineSplitter(maxLine: maxLine)
    let line = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[next..<end])
    splitter.take(line, at: position(at: next), deliver)
    next = end
    scanned = end
    note(splitter, line.count, &result)
  }

  /// Delivers what containers printed, `isEnd`: to the last byte; true if that was something.
  mutating func unwrap(
    _ containers: inout ContainerLines, skipping: inout ContainerLines.Streams, budget: Int,
    isEnd: Bool = false, _ result: inout ReadResult, _ deliver: Delivery
  ) -> Bool {
    var splitter = LineSplitter(maxLine: maxLine)
    let begin = next
    let progress = containers.unwrap(
      UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[next..<end]), at: 0, budget: budget,
      skipping: &skipping, isEnd: isEnd, givingUp: isEnd, &splitter
    ) { line, place in
      deliver(line, position(at: begin + Int(place)))
    }
    splitter.firstTooLong = splitter.firstTooLong.map { position(at: begin + Int($0)) }
    next += progress.taken
    scanned = next
    note(splitter, progress.taken, &result)
    result.hasMore = !progress.isOpen && lineEnd(from: next, to: end) != nil
    return progress.taken > 0
  }

  /// What was delivered need not be kept.
  mutating func commit() { kept = next }

  /// Delivers again what was delivered since the last `commit`.
  mutating func rewind() {
    next = kept
    scanned = kept
  }

  private func note(_ splitter: LineSplitter, _ bytes: Int, _ result: inout ReadResult) {
    result.bytes += bytes
    result.lines += splitter.lines
    result.tooLong += splitter.tooLong
    if let offset = splitter.firstTooLong {
      let cause = TailProblem.Cause.lineTooLong(at: offset, limit: maxLine)
      result.problems.append(TailProblem(path: "", cause: cause))
    }
  }

  private func lineEnd(from start: Int, to end: Int) -> Int? {
    guard start < end, let base = buffer.bytes.baseAddress,
      let found = memchr(base + start, 0x0A, end - start)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// Takes in bytes that were put behind `end`; of an overlong line only as much is kept as shows
  /// that it is too long.
  private mutating func accept(_ count: Int) {
    var fresh = end..<(end + count)
    end = fresh.upperBound
    if isSkipping {
      let newline = lineEnd(from: fresh.lowerBound, to: end)
      leaveOut(fresh.lowerBound..<(newline ?? end))
      fresh = fresh.lowerBound..<end
      isSkipping = newline == nil
    }
    if let last = buffer.bytes[fresh].lastIndex(of: 0x0A) { tail = last + 1 }
    if end - tail > maxLine + 2 {
      leaveOut((tail + maxLine + 2)..<end)
      isSkipping = true
    }
  }

  private mutating func leaveOut(_ range: Range<Int>) {
    guard !range.isEmpty, let base = buffer.bytes.baseAddress else { return }
    memmove(base + range.lowerBound, base + range.upperBound, end - range.upperBound)
    end -= range.count
    if let last = gaps.last, last.index == range.lowerBound {
      gaps[gaps.count - 1].length += Int64(range.count)
    } else {
      gaps.append((range.lowerBound, Int64(range.count)))
    }
  }

  private func position(at index: Int) -> Int64 {
    var position = base + Int64(index)
    for gap in gaps where gap.index <= index { position += gap.length }
    return position
  }

  /// Moves what is kept to the buffer's front.
  private mutating func compact() {
    guard let bytes = buffer.bytes.baseAddress else { return }
    let distance = kept
    base = position(at: distance)
    memmove(bytes, bytes + distance, end - distance)
    gaps = gaps.filter { $0.index > distance }.map { ($0.index - distance, $0.length) }
    next -= distance
    scanned -= distance
    end -= distance
    tail = max(0, tail - distance)
    kept = 0
  }
}
