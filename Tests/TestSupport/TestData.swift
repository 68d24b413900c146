import Glibc

/// Files under `Tests/Data`.
package enum TestData {
  private static let folder: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/") + "/Data/"
  }()

  /// The path of one of them, found from this source file's own.
  package static func path(_ name: String) -> String { folder + name }

  /// All of a file.
  package static func bytes(at path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    precondition(descriptor >= 0, "cannot open \(path)")
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &piece, piece.count)
      precondition(count >= 0, "cannot read \(path)")
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
    }
  }

  /// All of a file, as text.
  package static func text(at path: String) -> String {
    String(decoding: bytes(at: path), as: UTF8.self)
  }
}
