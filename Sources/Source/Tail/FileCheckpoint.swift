import Record

extension FileCheckpoint {
  /// The start of a file of which nothing was read.
  init(path: String, identity: FileIdentity, born: Int64) {
    self.init(
      path: path, device: identity.device, inode: identity.inode, born: born, headLength: 0,
      headHash: ContentHash.empty, markHash: ContentHash.empty, offset: 0)
  }

  var identity: FileIdentity { FileIdentity(device: device, inode: inode) }

  /// The same file from its first byte on.
  var rewound: FileCheckpoint { FileCheckpoint(path: path, identity: identity, born: born) }
}

/// What tells two files on one machine apart while both exist.
struct FileIdentity: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
}

extension FileCheckpoint {
  /// Takes the hashes from the file as it is.
  mutating func seal(with file: OpenFile) {
    let mark = ContentHash.markLength(at: offset)
    withUnsafeTemporaryAllocation(byteCount: ContentHash.headLimit, alignment: 16) { bytes in
      headLength = max(0, file.read(into: bytes, at: 0))
      headHash = ContentHash.of(UnsafeRawBufferPointer(rebasing: bytes[..<headLength]))
      let before = UnsafeMutableRawBufferPointer(rebasing: bytes[..<mark])
      let filled = file.read(into: before, at: offset - Int64(mark))
      markHash = ContentHash.of(UnsafeRawBufferPointer(rebasing: bytes[..<max(0, filled)]))
    }
  }
}
