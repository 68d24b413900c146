import CZlib
import Glibc

/// Unpacks a gzip file of any number of members.
final class GzipReader: Unpacker {
  static let magic: [UInt8] = [0x1F, 0x8B]
  private static let chunk = 256 << 10

  private let file: OpenFile
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
  /// At a stable address, since zlib's state points back to it.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  /// Where the next input is read from.
  private var fileOffset: Int64 = 0
  private var isBetweenMembers = true
  private var failure: UnpackError?

  init(_ file: OpenFile) {
    self.file = file
    stream.initialize(to: z_stream())
    // 15 bits of window, + 16: gzip only.
    inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  /// Packed bytes used so far.
  var position: Int64 { fileOffset - Int64(stream.pointee.avail_in) }

  /// Fills `output` as far as possible; 0 at the end.
  func read(into output: UnsafeMutableRawBufferPointer) throws(UnpackError) -> Int {
    if let failure { throw failure }
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(output.count)
    while stream.pointee.avail_out > 0 {
      let written = output.count - Int(stream.pointee.avail_out)
      do {
        if try !step() { return written }
      } catch {
        failure = error
        // What is whole comes first, the failure with the next call.
        if written > 0 { return written }
        throw error
      }
    }
    return output.count
  }

  /// Unpacks some input; false at the end.
  private func step() throws(UnpackError) -> Bool {
    if stream.pointee.avail_in == 0 {
      let count = file.read(into: input, at: fileOffset)
      if count < 0 { throw .system(.last) }
      if count == 0 && isBetweenMembers { return false }
      if count == 0 { throw .truncated }
      fileOffset += Int64(count)
      stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_in = UInt32(count)
    }
    if isBetweenMembers && skipPadding() { return true }
    switch inflate(stream, Z_NO_FLUSH) {
    case Z_OK, Z_BUF_ERROR: return true
    case Z_STREAM_END:
      isBetweenMembers = true
      inflateReset(stream)
      return true
    default: throw .corrupt(at: position)
    }
  }

  /// Leaves out zeros, with which tapes and some tools fill the end; true if more input is needed.
  private func skipPadding() -> Bool {
    while stream.pointee.avail_in > 0, stream.pointee.next_in?.pointee == 0 {
      stream.pointee.next_in += 1
      stream.pointee.avail_in -= 1
    }
    isBetweenMembers = stream.pointee.avail_in == 0
    return isBetweenMembers
  }
}
