import CZstd
import Glibc

/// Unpacks a zstd file of any number of frames.
final class ZstdReader: Unpacker {
  static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  private static let chunk = 256 << 10
  /// Frames that need more memory than 2 to this are refused; `zstd -19` makes 23.
  private static let windowLog: Int32 = 27

  private let file: OpenFile
  private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
  private let stream = ZSTD_createDStream()
  private var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
  /// Where the next input is read from.
  private var fileOffset: Int64 = 0
  private var isBetweenFrames = true
  private var failure: UnpackError?

  init(_ file: OpenFile) {
    self.file = file
    input.src = UnsafeRawPointer(bytes.baseAddress)
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Self.windowLog)
  }

  deinit {
    ZSTD_freeDStream(stream)
    bytes.deallocate()
  }

  var position: Int64 { fileOffset - Int64(input.size - input.pos) }

  func read(into output: UnsafeMutableRawBufferPointer) throws(UnpackError) -> Int {
    if let failure { throw failure }
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    while target.pos < target.size {
      do {
        if try !step(&target) { return target.pos }
      } catch {
        failure = error
        // What is whole comes first, the failure with the next call.
        if target.pos > 0 { return target.pos }
        throw error
      }
    }
    return target.pos
  }

  /// Unpacks some input; false at the end.
  private func step(_ output: inout ZSTD_outBuffer) throws(UnpackError) -> Bool {
    let before = output.pos
    // What was unpacked may still wait inside, so input is needed only when nothing more came.
    if input.pos == input.size {
      let count = file.read(into: bytes, at: fileOffset)
      if count < 0 { throw .system(.last) }
      fileOffset += Int64(count)
      input.size = count
      input.pos = 0
      if count == 0 && isBetweenFrames { return false }
    }
    let isAtEnd = input.size == 0
    let result = ZSTD_decompressStream(stream, &output, &input)
    if ZSTD_isError(result) != 0 { throw .corrupt(at: position) }
    isBetweenFrames = result == 0
    if isAtEnd && !isBetweenFrames && output.pos == before { throw .truncated }
    return true
  }
}
