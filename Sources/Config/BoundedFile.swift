import Glibc
import Support

/// Reads small files whole.
enum BoundedFile {
  /// Why a file was not read, such as `No such file or directory`.
  struct Failure: Error, Equatable {
    let reason: String
  }

  /// All bytes of a regular file of at most `limit` bytes.
  static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    // Not blocking, so that a FIFO is refused by its kind and not waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Failure(reason: lastError()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure(reason: lastError()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(reason: "not a regular file") }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(reason: lastError()) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
    throw Failure(reason: "larger than \(Quantity.text(bytes: Int64(limit))), the most allowed")
  }

  private static func lastError() -> String {
    String(cString: strerror(errno))
  }
}
