/// Why a packed file cannot be read on.
enum UnpackError: Error, Equatable {
  case system(SystemError)
  /// The packed byte near which it breaks.
  case corrupt(at: Int64)
  case truncated
  /// Packed in a way that cannot be unpacked here.
  case unknown(name: String)
}

/// Unpacks one file from front to back.
protocol Unpacker: AnyObject {
  /// Packed bytes used so far.
  var position: Int64 { get }

  /// Fills `output` as far as possible; 0 at the end.
  func read(into output: UnsafeMutableRawBufferPointer) throws(UnpackError) -> Int
}

/// How files are packed.
enum Compression {
  /// What unpacks a file, nil if it is plain: told by its first bytes, since names lie.
  static func unpacker(for file: OpenFile) throws(UnpackError) -> (any Unpacker)? {
    var bytes = [UInt8](repeating: 0, count: 6)
    let count = bytes.withUnsafeMutableBytes { file.read(into: $0, at: 0) }
    if count < 0 { throw .system(.last) }
    let head = bytes.prefix(count)
    if head.starts(with: GzipReader.magic) { return GzipReader(file) }
    if head.starts(with: ZstdReader.magic) { return ZstdReader(file) }
    let others: [(name: String, magic: [UInt8])] = [
      ("bzip2", [0x42, 0x5A, 0x68]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
      ("lz4", [0x04, 0x22, 0x4D, 0x18]),
    ]
    for other in others where head.starts(with: other.magic) { throw .unknown(name: other.name) }
    return nil
  }
}
