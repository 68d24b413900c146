/// How far one file was read, and how to know the file again: what a ledger keeps for each.
///
/// A file is the same one if device, inode and the hashes of its head and of the bytes before the
/// offset agree, and it is not younger. Names and inodes alone do not tell: names rotate, inodes are
/// reused, and a file may be truncated and written anew in place.
package struct FileCheckpoint: Hashable, Sendable {
  /// The name that the glob matched when the file was last seen under it.
  package var path: String
  package var device: UInt64
  package var inode: UInt64
  /// When the file was made, or later: when the newest rotated file was made that lay beside it
  /// when it was met or truncated. What is made after this came after this file. Nanoseconds
  /// since 1970; 0 where the file system does not tell.
  package var born: Int64
  /// How many bytes of the file's head are hashed: all before `offset`, at most 1024.
  package var headLength: Int
  /// XXH3 of the first `headLength` bytes.
  package var headHash: UInt64
  /// XXH3 of the bytes just before `offset`, at most 256.
  package var markHash: UInt64
  /// Start of the first line that was not delivered, in bytes.
  package var offset: Int64

  /// Puts a stored checkpoint together again.
  package init(
    path: String, device: UInt64, inode: UInt64, born: Int64, headLength: Int, headHash: UInt64,
    markHash: UInt64, offset: Int64
  ) {
    self.path = path
    self.device = device
    self.inode = inode
    self.born = born
    self.headLength = headLength
    self.headHash = headHash
    self.markHash = markHash
    self.offset = offset
  }
}
