import CBirthTime
import Glibc

/// What `stat` tells of a file.
struct FileFacts: Equatable {
  var identity: FileIdentity
  var size: Int64
  /// Nanoseconds since 1970.
  var modified: Int64
  var isRegular: Bool
  /// The names that the file has; 0 once it was deleted.
  var links: Int

  init(identity: FileIdentity, size: Int64, modified: Int64, isRegular: Bool, links: Int) {
    self.identity = identity
    self.size = size
    self.modified = modified
    self.isRegular = isRegular
    self.links = links
  }

  /// Follows symbolic links.
  init(path: String) throws(SystemError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .last }
    self.init(status)
  }

  init(descriptor: Int32) throws(SystemError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last }
    self.init(status)
  }

  private init(_ status: stat) {
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    size = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    links = Int(status.st_nlink)
  }
}

/// When the file of this name was made, nanoseconds since 1970; 0 where the system does not tell.
func birth(of path: String) -> Int64 { birth_time(AT_FDCWD, path) }

/// A failed system call's reason.
struct SystemError: Error, Equatable, CustomStringConvertible {
  var code: Int32

  static var last: SystemError { SystemError(code: errno) }

  /// Whether there is simply no such file.
  var isAbsence: Bool { code == ENOENT || code == ENOTDIR }

  var description: String {
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }
}

/// A descriptor for reading, closed when nobody holds it any more.
class OpenFile {
  /// Opened for reading, never waiting, not even for a pipe's writer.
  static let mode = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY

  let descriptor: Int32

  /// Takes over `descriptor`.
  init(descriptor: Int32) { self.descriptor = descriptor }

  init(path: String) throws(SystemError) {
    descriptor = open(path, Self.mode)
    if descriptor < 0 { throw .last }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether `facts` tells how far the file goes.
  var isSizeKnown: Bool { true }

  /// What the file is now.
  func facts() throws(SystemError) -> FileFacts { try FileFacts(descriptor: descriptor) }

  /// Nanoseconds since 1970; 0 where the file system does not tell.
  var born: Int64 { birth_time(descriptor, "") }

  /// Fills `bytes` from `offset` on as far as the file goes; -1 for an error, left in `errno`.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    var filled = 0
    while filled < bytes.count, let base = bytes.baseAddress {
      let count = pread(
        descriptor, base + filled, bytes.count - filled, off_t(offset + Int64(filled)))
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return filled > 0 ? filled : -1 }
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}
