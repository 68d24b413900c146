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
  /// Whether `file` holds what was read.
  func agrees(with file: OpenFile) -> Bool {
    agreesInHead(with: file) && markHash == mark(in: file)
  }

  /// Whether the file's first bytes are still those that were read.
  func agreesInHead(with file: OpenFile) -> Bool {
    headHash == ContentHash.of(file, at: 0, count: headLength)
  }

  /// Takes more of the head into the hash, while little was read.
  mutating func growHead(from file: OpenFile) {
    let length = Int(min(offset, Int64(ContentHash.headLimit)))
    guard length > headLength, agreesInHead(with: file),
      let hash = ContentHash.of(file, at: 0, count: length)
    else { return }
    headLength = length
    headHash = hash
  }

  /// Takes both hashes from the file as it is.
  mutating func seal(with file: OpenFile) {
    growHead(from: file)
    markHash = mark(in: file) ?? markHash
  }

  private func mark(in file: OpenFile) -> UInt64? {
    let length = ContentHash.markLength(at: offset)
    return ContentHash.of(file, at: offset - Int64(length), count: length)
  }
}
