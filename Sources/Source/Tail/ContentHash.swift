import Glibc
import Record
import Support

/// Hashes by which a file's content is known again.
enum ContentHash {
  static let headLimit = 1024
  static let markLimit = 256

  /// The hash of no bytes.
  static let empty = of(UnsafeRawBufferPointer(start: nil, count: 0))

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash64(bytes) }

  /// How many bytes before `offset` its mark covers.
  static func markLength(at offset: Int64) -> Int { Int(min(offset, Int64(markLimit))) }

  /// The hash of bytes of a file, nil if it does not have as many; at most `headLimit`.
  static func of(
    _ file: OpenFile, at offset: Int64, count: Int
  ) throws(SystemError) -> UInt64? {
    guard (0...headLimit).contains(count), offset >= 0 else { return nil }
    let result = withUnsafeTemporaryAllocation(byteCount: headLimit, alignment: 16) { bytes in
      let slice = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
      let filled = file.read(into: slice, at: offset)
      if filled < 0 { return Result<UInt64?, SystemError>.failure(.last) }
      return .success(filled == count ? of(UnsafeRawBufferPointer(slice)) : nil)
    }
    return try result.get()
  }
}
