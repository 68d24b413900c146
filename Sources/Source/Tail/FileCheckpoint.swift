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
  /// Whether `file` holds what was read; throws if it cannot be read now.
  func agrees(with file: OpenFile) throws(SystemError) -> Bool {
    guard try agreesInHead(with: file) else { return false }
    return markHash == (try mark(in: file))
  }

  /// Whether the file's first bytes are still those that were read; throws if they cannot be read.
  func agreesInHead(with file: OpenFile) throws(SystemError) -> Bool {
    headHash == (try ContentHash.of(file, at: 0, count: headLength))
  }

  /// Takes more of the head into the hash, while little was read.
  mutating func growHead(from file: OpenFile) {
    let length = Int(min(offset, Int64(ContentHash.headLimit)))
    guard length > headLength, (try? agreesInHead(with: file)) == true,
      let hash = try? ContentHash.of(file, at: 0, count: length)
    else { return }
    headLength = length
    headHash = hash
  }

  /// Takes both hashes from the file as it is.
  mutating func seal(with file: OpenFile) {
    growHead(from: file)
    markHash = (try? mark(in: file)) ?? markHash
  }

  private func mark(in file: OpenFile) throws(SystemError) -> UInt64? {
    let length = ContentHash.markLength(at: offset)
    return try ContentHash.of(file, at: offset - Int64(length), count: length)
  }
}
