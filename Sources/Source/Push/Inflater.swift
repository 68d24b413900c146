import CZlib

/// Unpacks a gzip body of one or several members in memory, within bounds.
enum Inflater {
  enum Failure: Error, Equatable {
    /// More than the bound would come out.
    case tooLarge
    case corrupt
  }

  /// What came out, with spare bytes behind it.
  struct Text: ~Copyable {
    var buffer: LineBuffer
    var count = 0
  }

  /// The text that `packed` holds.
  ///
  /// Memory grows with what has come out, so that a bomb is noticed at `limit`, not after it.
  static func unpack(
    _ packed: UnsafeRawBufferPointer, limit: Int
  ) throws(Failure) -> Text {
    let stream = Stream()
    var text = Text(buffer: LineBuffer(capacity: min(limit, max(64 << 10, packed.count * 4))))
    stream.give(packed)
    while true {
      if text.count == text.buffer.bytes.count {
        guard text.count < limit else { throw .tooLarge }
        text.buffer.grow(to: min(limit, text.count * 2))
      }
      let room = UnsafeMutableRawBufferPointer(rebasing: text.buffer.bytes[text.count...])
      let step = stream.inflate(into: room)
      text.count += step.written
      switch step.status {
      case Z_OK: continue
      case Z_STREAM_END where stream.isEmpty: return text
      case Z_STREAM_END: stream.nextMember()
      default: throw .corrupt
      }
    }
  }
}

/// Owns a zlib stream, which must not move: zlib keeps a pointer back to it.
private final class Stream {
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

  init() {
    stream.initialize(to: z_stream())
    // 15 bits of window, + 16: gzip only.
    inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  var isEmpty: Bool { stream.pointee.avail_in == 0 }

  /// `packed` must outlive the calls of `inflate`.
  func give(_ packed: UnsafeRawBufferPointer) {
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(clamping: packed.count)
  }

  func nextMember() { inflateReset(stream) }

  /// Z_BUF_ERROR where the input ends too early.
  func inflate(into room: UnsafeMutableRawBufferPointer) -> (status: Int32, written: Int) {
    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: room.count)
    let status = CZlib.inflate(stream, Z_NO_FLUSH)
    return (status, room.count - Int(stream.pointee.avail_out))
  }
}
