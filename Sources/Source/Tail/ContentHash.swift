import CXXHash
import Glibc
import Record

/// Hashes by which a file's content is known again.
enum ContentHash {
  static let headLimit = 1024
  static let markLimit = 256

  /// The hash of no bytes.
  static let empty = of(UnsafeRawBufferPointer(start: nil, count: 0))

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH3_64bits(bytes.baseAddress, bytes.count)
  }

  /// How many bytes before `offset` its mark covers.
  static func markLength(at offset: Int64) -> Int { Int(min(offset, Int64(markLimit))) }

  /// Whether `file` holds what was read of the file that `checkpoint` tells of.
  static func agrees(_ file: OpenFile, with checkpoint: FileCheckpoint) -> Bool {
    let mark = markLength(at: checkpoint.offset)
    return hash(of: file, at: 0, count: checkpoint.headLength) == checkpoint.headHash
      && hash(of: file, at: checkpoint.offset - Int64(mark), count: mark) == checkpoint.markHash
  }

  /// The hash of bytes of the file, nil if it does not have as many.
  private static func hash(of file: OpenFile, at offset: Int64, count: Int) -> UInt64? {
    guard (0...headLimit).contains(count), offset >= 0 else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: headLimit, alignment: 16) { bytes in
      let slice = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
      guard file.read(into: slice, at: offset) == count else { return nil }
      return of(UnsafeRawBufferPointer(slice))
    }
  }
}
