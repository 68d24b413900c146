import Glibc

/// Memory for lines with 64 spare bytes behind it, which the JSON parser may read.
struct LineBuffer: ~Copyable {
  /// simdjson's `SIMDJSON_PADDING`.
  static let padding = 64

  private(set) var bytes: UnsafeMutableRawBufferPointer

  init(capacity: Int) { bytes = Self.allocate(capacity) }

  deinit { free(bytes.baseAddress) }

  /// Makes room for `capacity` bytes, keeping what is there.
  mutating func grow(to capacity: Int) {
    guard capacity > bytes.count else { return }
    let larger = Self.allocate(capacity)
    larger.copyMemory(from: UnsafeRawBufferPointer(bytes))
    free(bytes.baseAddress)
    bytes = larger
  }

  /// Zeros, of which the system makes pages only where they are touched.
  private static func allocate(_ capacity: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: calloc(capacity + padding, 1), count: capacity)
  }
}

/// Cuts bytes into lines where they lie.
struct LineSplitter {
  /// Bytes of the longest line to deliver, without its line end.
  var maxLine: Int
  var lines = 0
  var tooLong = 0
  /// Where the first overlong line begins.
  var firstTooLong: Int64?
  /// Whether `split` stopped at a line that may be a container's frame.
  private(set) var hasMetFrame = false

  init(maxLine: Int) { self.maxLine = maxLine }

  /// Delivers every complete line of `bytes`, which begin at `offset` of the source, up to one that
  /// may be a container's frame; returns how many bytes those lines are.
  @inline(__always)
  mutating func split(
    _ bytes: UnsafeMutableRawBufferPointer, at offset: Int64,
    _ deliver: (UnsafeMutableRawBufferPointer, Int64) -> Void
  ) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    var start = 0
    while start < bytes.count, let end = memchr(base + start, 0x0A, bytes.count - start) {
      let count = UnsafeRawPointer(end) - UnsafeRawPointer(base + start)
      let line = UnsafeMutableRawBufferPointer(start: base + start, count: count)
      if ContainerFrame.mayBegin(UnsafeRawBufferPointer(line)) {
        hasMetFrame = true
        break
      }
      take(line, at: offset + Int64(start), deliver)
      start += count + 1
    }
    return start
  }

  /// Delivers one line, less a carriage return at its end, unless it is too long.
  @inline(__always)
  mutating func take(
    _ line: UnsafeMutableRawBufferPointer, at offset: Int64,
    _ deliver: (UnsafeMutableRawBufferPointer, Int64) -> Void
  ) {
    let count = line.last == 0x0D ? line.count - 1 : line.count
    guard count <= maxLine else { return skip(at: offset) }
    lines += 1
    deliver(UnsafeMutableRawBufferPointer(start: line.baseAddress, count: count), offset)
  }

  /// Counts a line that is not delivered.
  mutating func skip(at offset: Int64) {
    tooLong += 1
    if firstTooLong == nil { firstTooLong = offset }
  }
}

/// Whether bytes are one whole JSON object as far as its brackets tell, which is enough to know
/// that a writer did not stop in the middle of it.
func looksLikeWholeObject(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var depth = 0
  var inString = false
  var isEscaped = false
  var isWhole = false
  for byte in bytes {
    if inString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        inString = false
      }
      continue
    }
    if byte == 0x20 || byte == 0x09 || byte == 0x0D { continue }
    if isWhole || (depth == 0 && byte != UInt8(ascii: "{")) { return false }
    switch byte {
    case UInt8(ascii: "\""): inString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      isWhole = depth == 0
    default: break
    }
  }
  return isWhole
}
