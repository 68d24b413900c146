import Glibc

/// A body of any length in the making: in memory while it is short, then in a file without a name,
/// so that many long answers to slow clients take no memory.
package struct SpooledBody: ~Copyable {
  /// Why it cannot be kept.
  package struct Failure: Error {
    package let reason: String
  }

  private static let mostInMemory = 256 << 10

  private let directory: String
  private var bytes: [UInt8] = []
  private var file: BodyFile?
  private var failure: Failure?

  /// An empty body, whose file would be in `directory`.
  package init(directory: String) { self.directory = directory }

  /// Adds a piece; what goes wrong is told at the end.
  package mutating func append(_ piece: [UInt8]) {
    bytes += piece
    if bytes.count > Self.mostInMemory { spill() }
  }

  /// The answer with this body.
  package consuming func response(headers: HTTPHeaders) throws(Failure) -> HTTPResponse {
    if file != nil { spill() }
    if let failure { throw failure }
    var response = HTTPResponse(headers: headers, body: file == nil ? bytes : [])
    response.file = file
    return response
  }

  private mutating func spill() {
    defer { bytes.removeAll(keepingCapacity: true) }
    guard failure == nil else { return }
    do throws(Failure) {
      let target: BodyFile
      if let file { target = file } else { target = try BodyFile(directory: directory) }
      file = target
      try target.append(bytes)
    } catch {
      failure = error
    }
  }
}

/// A file without a name that holds a body; gone when nobody holds it any more.
///
/// Written by one thread, which hands it over when it is complete.
package final class BodyFile: Sendable, Equatable {
  private let descriptor: Int32

  fileprivate init(directory: String) throws(SpooledBody.Failure) {
    // Glibc's O_TMPFILE, a macro that Swift does not see: __O_TMPFILE | O_DIRECTORY.
    let temporary = 0o20_000_000 | O_DIRECTORY
    var opened = open(directory, temporary | O_RDWR | O_CLOEXEC, 0o600)
    // File systems that cannot do that: NFS, some that containers have.
    if opened < 0 { opened = Self.unlinked(in: directory) }
    descriptor = opened
    guard opened >= 0 else {
      throw SpooledBody.Failure(reason: String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  private static func unlinked(in directory: String) -> Int32 {
    var path = Array("\(directory)/answer-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { return descriptor }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// Bytes in all.
  var size: UInt64 {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt64(status.st_size) : 0
  }

  /// A descriptor for somebody who closes it.
  func duplicate() -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

  fileprivate func append(_ bytes: [UInt8]) throws(SpooledBody.Failure) {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else {
        throw SpooledBody.Failure(reason: String(cString: strerror(errno)))
      }
      done += max(0, count)
    }
  }

  package static func == (left: BodyFile, right: BodyFile) -> Bool { left === right }
}
