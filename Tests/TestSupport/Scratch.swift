import FoundationEssentials
import Glibc
package import Support

/// A directory of the test's own, removed with everything in it when the test lets go of it.
package final class Scratch: Sendable {
  package let path: String

  /// Makes a new empty directory below `$TMPDIR` or `/tmp`.
  package init() {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/sidelight-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { fatalError("mkdtemp failed in \(base)") }
    path = String(cString: made)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// A path inside the directory.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// When a file was written to; nil if it is not there.
  package func modified(_ name: String) -> Timestamp? {
    var status = stat()
    guard stat(file(name), &status) == 0 else { return nil }
    return Timestamp(microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000)
  }

  /// Writes (or replaces) a file and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String) -> String {
    append(bytes: Array(text.utf8), to: name, flags: O_WRONLY | O_CREAT | O_TRUNC)
    return file(name)
  }

  /// Appends to a file, made if it is not there.
  package func append(_ text: String, to name: String) {
    append(bytes: Array(text.utf8), to: name, flags: O_WRONLY | O_CREAT | O_APPEND)
  }

  /// Appends raw bytes to a file.
  package func append(bytes: [UInt8], to name: String, flags: Int32 = O_WRONLY | O_CREAT | O_APPEND)
  {
    let descriptor = open(file(name), flags, 0o644)
    precondition(descriptor >= 0, "cannot open \(file(name))")
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      precondition(written > 0, "cannot write \(file(name))")
      rest = rest.dropFirst(written)
    }
  }
}
