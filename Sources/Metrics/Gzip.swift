import CZlib

/// Compression for answers.
package enum Gzip {
  /// A whole gzip member. Level 1 is the fastest: exposition text shrinks to about a ninth even so.
  /// Nil if zlib gets no memory.
  package static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8]? {
    guard let deflater = Deflater(level: level) else { return nil }
    return deflater.compress(bytes)
  }
}

/// Owns a zlib stream, which must not move: zlib keeps a pointer back to it.
private struct Deflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>
  /// 15 bits of window, and 16 for a gzip header.
  private static let gzipWindow: Int32 = 15 + 16
  private static let memoryLevel: Int32 = 8
  private static let chunk = 64 * 1024

  init?(level: Int32) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, level, Z_DEFLATED, Deflater.gzipWindow, Deflater.memoryLevel, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      return nil
    }
    self.stream = stream
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// All of `bytes` as one member; nil if zlib reports an error.
  func compress(_ bytes: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var status = Z_OK
    bytes.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      var left = input.count
      while status == Z_OK {
        if stream.pointee.avail_in == 0 {
          stream.pointee.avail_in = UInt32(clamping: left)
          left -= Int(stream.pointee.avail_in)
        }
        status = deflateChunk(into: &result, left == 0 ? Z_FINISH : Z_NO_FLUSH)
      }
    }
    return status == Z_STREAM_END ? result : nil
  }

  private func deflateChunk(into result: inout [UInt8], _ flush: Int32) -> Int32 {
    var status = Z_OK
    result.append(addingCapacity: Deflater.chunk) { output in
      output.withUnsafeMutableBufferPointer { buffer, count in
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(clamping: buffer.count)
        status = deflate(stream, flush)
        count = buffer.count - Int(stream.pointee.avail_out)
      }
    }
    return status
  }
}
