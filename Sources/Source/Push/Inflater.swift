import CZlib

/// Unpacks gzip data of one or several members, a piece at a time.
final class Inflater {
  struct Corrupt: Error {}

  private let packed: [UInt8]
  /// At a stable address, since zlib's state points back to it.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var isAtEnd = false
  private var used = 0

  init(_ packed: [UInt8]) {
    self.packed = packed
    stream.initialize(to: z_stream())
    // 15 bits of window, + 16: gzip only.
    inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Begins anew.
  func rewind() {
    inflateReset(stream)
    used = 0
    isAtEnd = false
  }

  /// Fills `room` as far as possible; 0 at the end, which is not before the last checksum.
  func read(into room: UnsafeMutableRawBufferPointer) throws(Corrupt) -> Int {
    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: room.count)
    // The pointer stays within the call.
    let isSound = packed.withUnsafeBytes { bytes in
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: bytes.baseAddress?.advanced(by: used).assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(clamping: bytes.count - used)
      defer { used = bytes.count - Int(stream.pointee.avail_in) }
      while stream.pointee.avail_out > 0, !isAtEnd {
        guard step() else { return false }
      }
      return true
    }
    guard isSound else { throw Corrupt() }
    return room.count - Int(stream.pointee.avail_out)
  }

  /// False if the data is broken, or ends too early.
  private func step() -> Bool {
    switch inflate(stream, Z_NO_FLUSH) {
    case Z_OK: return true
    case Z_STREAM_END:
      isAtEnd = stream.pointee.avail_in == 0
      inflateReset(stream)
      return true
    default: return false
    }
  }
}
