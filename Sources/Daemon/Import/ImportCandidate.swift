import Glibc
import Ledger
import Record
import Source
import Support

/// A file to import, as it lies there.
struct ImportCandidate {
  let path: String
  /// Bytes on disk.
  let size: Int64
  /// Changes whenever the file does; never 0.
  let stamp: Int64
  /// The first bytes of the unpacked text.
  let head: [UInt8]
  private let headHash: UInt64
  /// When its first event ended, if one of the first lines tells.
  let first: Timestamp?
  /// Whether that is a LiteLLM payload.
  let isPayload: Bool

  /// Looks at the file without reading it through.
  init(path: String, maxLine: Int, metadataNames: [String]) throws(HistoryFileError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .cannotOpen(path: path, reason: String(cString: strerror(errno)).lowercased())
    }
    self.path = path
    size = Int64(status.st_size)
    stamp = Self.stamp(of: status)
    head = try HistoryFile.head(of: path, count: ImportFile.headLimit)
    headHash = Self.hash(head[...])
    let event = try Self.firstEvent(in: path, maxLine: maxLine, metadataNames: metadataNames)
    first = event?.end
    isPayload = event?.isPayload ?? false
  }

  /// The file as the ledger knows it before anything was read.
  var unread: ImportFile { ImportFile(headLength: head.count, headHash: headHash) }

  /// Whether the text begins as `file` does; it may have grown since.
  func begins(as file: ImportFile) -> Bool {
    if file.headLength == head.count { return !head.isEmpty && file.headHash == headHash }
    return file.headLength > 0 && file.headLength < head.count
      && file.headHash == Self.hash(head[..<file.headLength])
  }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.withUnsafeBytes { hash64($0) }
  }

  private static func stamp(of status: stat) -> Int64 {
    let facts = [
      UInt64(status.st_dev), UInt64(status.st_ino), UInt64(status.st_size),
      UInt64(bitPattern: Int64(status.st_mtim.tv_sec)), UInt64(status.st_mtim.tv_nsec),
    ]
    return Int64(bitPattern: facts.withUnsafeBytes { hash64($0) } | 1)
  }

  private static func firstEvent(
    in path: String, maxLine: Int, metadataNames: [String]
  ) throws(HistoryFileError) -> (end: Timestamp, isPayload: Bool)? {
    var file = try HistoryFile(path: path, maxLine: maxLine)
    let decoder = RecordDecoder(format: .auto, metadataNames: metadataNames)
    var batch = RecordBatch()
    let distant = Timestamp(microseconds: .max / 2)
    _ = try file.read(budget: 64 << 10) { line, _ in
      guard batch.isEmpty, !line.isEmpty else { return }
      _ = try? decoder.decode(UnsafeRawBufferPointer(line), now: distant, into: &batch)
    }
    if let request = batch.requests.first { return (request.end, request.form == .payload) }
    return batch.attempts.first.map { ($0.end, false) }
  }
}

/// The files that a command names.
enum ImportPaths {
  /// Files as they are, directories as the files in them, sorted by name and hidden ones left out.
  static func expand(_ operands: [String]) -> [String] {
    operands.flatMap { operand in isDirectory(operand) ? files(in: operand) : [operand] }
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func files(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [directory] }
    defer { closedir(stream) }
    var paths: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
      if !name.hasPrefix("."), !isDirectory(path) { paths.append(path) }
    }
    return paths.sorted()
  }
}
