import CPage
import Metrics
import Support

/// A file of the page, which is part of the program.
struct PageFile: Sendable {
  let name: String
  let bytes: [UInt8]
  /// Nil where packing saves nothing.
  let packed: [UInt8]?
  /// Changes with the content.
  let tag: String

  init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    let packed = Gzip.compress(bytes, level: 9)
    self.packed = packed.flatMap { $0.count < bytes.count ? $0 : nil }
    tag = bytes.withUnsafeBytes { "\"\(String(hash64($0), radix: 16))\"" }
  }

  /// What it is, by the end of its name.
  var type: String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }

  /// Every file there is.
  static func all() -> [PageFile] {
    var files: [PageFile] = []
    while case let file = page_file_at(files.count), let name = file.name {
      let content = UnsafeBufferPointer(start: file.bytes, count: file.count)
      files.append(PageFile(name: String(cString: name), bytes: Array(content)))
    }
    return files
  }
}
