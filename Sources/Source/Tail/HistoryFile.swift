/// Why a file of the past cannot be read (on).
package enum HistoryFileError: Error, Equatable, CustomStringConvertible {
  case cannotOpen(path: String, reason: String)
  case cannotRead(path: String, reason: String)
  /// A directory, pipe or device.
  case notRegular(path: String)
  /// Packed in a way that cannot be unpacked here.
  case unknownCompression(path: String, name: String)
  /// The packed byte near which it breaks.
  case corrupt(path: String, at: Int64)
  /// A packed file that stops in the middle.
  case truncated(path: String)

  /// One line for a person.
  package var description: String {
    switch self {
    case .cannotOpen(let path, let reason): "cannot open \(path): \(reason)"
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .notRegular(let path): "\(path) is no regular file"
    case .unknownCompression(let path, let name):
      "\(path) is packed with \(name); unpack it first (plain, gzip and zstd files can be read)"
    case .corrupt(let path, let offset): "\(path) is damaged near byte \(offset)"
    case .truncated(let path):
      "\(path) stops in the middle of its packed data; the lines before were read"
    }
  }
}

/// A finished log of the past, plain or packed with gzip or zstd, read once from front to back; what
/// container runtimes put around lines is taken off.
package struct HistoryFile: ~Copyable {
  package let path: String
  /// Bytes on disk.
  package let size: Int64
  private let file: OpenFile
  private let unpacker: (any Unpacker)?
  private var lines: StreamLines
  private var containers: ContainerLines
  /// The container streams in the middle of a line that was dealt with.
  private var skipping: ContainerLines.Streams
  private var fileOffset: Int64
  private var isAtEnd = false
  /// Whether the last line that was delivered had no end.
  package private(set) var endsOpen = false

  /// How far before the first line the last frame of a container's streams is looked for.
  private static let lookBack: Int64 = 256 << 10

  /// Opens a file to read from the line that begins at `offset`, in bytes of its unpacked text.
  package init(path: String, maxLine: Int, offset: Int64 = 0) throws(HistoryFileError) {
    let file = try Self.open(path)
    let unpacker = try Self.unpacker(for: file.handle, path: path)
    let before = min(offset, Self.lookBack)
    if let unpacker { try Self.skip(offset - before, in: unpacker, path: path) }
    let skipping = try Self.streams(
      in: Int(before), of: file.handle, at: offset - before, unpacker, path: path)
    self.path = path
    self.unpacker = unpacker
    self.file = file.handle
    self.skipping = skipping
    size = file.size
    fileOffset = unpacker == nil ? offset : 0
    containers = ContainerLines(maxLine: maxLine)
    lines = StreamLines(
      capacity: containers.window + maxLine + 2 * StreamLines.chunk, maxLine: maxLine,
      position: offset, stopsAtFrames: true)
  }

  /// The streams in the middle of a line behind the next `count` bytes.
  private static func streams(
    in count: Int, of file: OpenFile, at offset: Int64, _ unpacker: (any Unpacker)?, path: String
  ) throws(HistoryFileError) -> ContainerLines.Streams {
    let bytes = LineBuffer(capacity: count)
    var filled = 0
    while filled < count {
      let room = UnsafeMutableRawBufferPointer(rebasing: bytes.bytes[filled...])
      let part = try read(into: room, from: file, at: offset + Int64(filled), unpacker, path: path)
      if part == 0 { return [] }
      filled += part
    }
    return ContainerLines.unfinished(in: bytes.bytes)
  }

  /// The first bytes of a file's unpacked text, at most `count`.
  package static func head(
    of path: String, count: Int
  ) throws(HistoryFileError) -> [UInt8] {
    let file = try open(path)
    let unpacker = try unpacker(for: file.handle, path: path)
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    let result = bytes.withUnsafeMutableBytes { room -> Result<Void, HistoryFileError> in
      do throws(HistoryFileError) {
        if let unpacker {
          filled = try unpack(unpacker, into: room, path: path)
        } else {
          filled = file.handle.read(into: room, at: 0)
          if filled < 0 { throw .cannotRead(path: path, reason: SystemError.last.description) }
        }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return Array(bytes.prefix(filled))
  }

  /// Bytes on disk that were read, for a progress bar over `size`.
  package var position: Int64 { unpacker?.position ?? fileOffset }

  /// Start of the first line that was not delivered, in bytes of the unpacked text.
  package var offset: Int64 { lines.position }

  /// Delivers about `budget` bytes of complete lines with their offsets, and at the end what
  /// follows the last line end; after that nothing, without `hasMore`.
  package mutating func read(
    budget: Int, _ deliver: (_ line: UnsafeMutableRawBufferPointer, _ offset: Int64) -> Void
  ) throws(HistoryFileError) -> ReadResult {
    var result = ReadResult()
    while result.bytes < budget {
      next(to: budget, &result, deliver)
      lines.commit()
      if result.hasMore || isAtEnd { break }
      isAtEnd = try fill() == 0
    }
    if isAtEnd && !result.hasMore { deliverRemainder(&result, deliver) }
    result.hasMore = result.hasMore || !isAtEnd
    for index in result.problems.indices { result.problems[index].path = path }
    return result
  }

  private mutating func next(
    to budget: Int, _ result: inout ReadResult, _ deliver: StreamLines.Delivery
  ) {
    if !lines.hasMetFrame {
      lines.deliver(budget: budget - result.bytes, &result, deliver)
    }
    // It may have been met just now.
    guard lines.hasMetFrame, result.bytes < budget else { return }
    _ = lines.unwrap(
      &containers, skipping: &skipping, budget: budget - result.bytes, &result, deliver)
  }

  private mutating func deliverRemainder(
    _ result: inout ReadResult, _ deliver: StreamLines.Delivery
  ) {
    endsOpen = endsOpen || lines.undelivered > 0
    while lines.unwrap(
      &containers, skipping: &skipping, budget: .max, isEnd: true, &result, deliver)
    {}
    lines.commit()
  }

  private mutating func fill() throws(HistoryFileError) -> Int {
    let (path, file, unpacker, offset) = (path, file, unpacker, fileOffset)
    let count = try lines.fill { (room) throws(HistoryFileError) in
      try Self.read(into: room, from: file, at: offset, unpacker, path: path)
    }
    fileOffset += Int64(count)
    return count
  }

  private static func read(
    into room: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int64,
    _ unpacker: (any Unpacker)?, path: String
  ) throws(HistoryFileError) -> Int {
    if let unpacker { return try unpack(unpacker, into: room, path: path) }
    let count = file.read(into: room, at: offset)
    if count >= 0 { return count }
    throw .cannotRead(path: path, reason: SystemError.last.description)
  }

  private static func open(
    _ path: String
  ) throws(HistoryFileError) -> (handle: OpenFile, size: Int64) {
    do {
      let file = try OpenFile(path: path)
      let facts = try file.facts()
      if facts.isRegular { return (file, facts.size) }
    } catch {
      throw .cannotOpen(path: path, reason: error.description)
    }
    throw .notRegular(path: path)
  }

  /// Packed text cannot be entered in the middle.
  private static func skip(
    _ count: Int64, in unpacker: any Unpacker, path: String
  ) throws(HistoryFileError) {
    let room = LineBuffer(capacity: StreamLines.chunk)
    var left = count
    while left > 0 {
      let part = room.bytes.prefix(Int(min(left, Int64(room.bytes.count))))
      let target = UnsafeMutableRawBufferPointer(rebasing: part)
      let skipped = try unpack(unpacker, into: target, path: path)
      if skipped == 0 { return }
      left -= Int64(skipped)
    }
  }

  private static func unpack(
    _ unpacker: any Unpacker, into room: UnsafeMutableRawBufferPointer, path: String
  ) throws(HistoryFileError) -> Int {
    do { return try unpacker.read(into: room) } catch { throw HistoryFileError(error, path: path) }
  }

  private static func unpacker(
    for file: OpenFile, path: String
  ) throws(HistoryFileError) -> (any Unpacker)? {
    do { return try Compression.unpacker(for: file) } catch {
      throw HistoryFileError(error, path: path)
    }
  }
}

extension HistoryFileError {
  fileprivate init(_ error: UnpackError, path: String) {
    switch error {
    case .system(let reason): self = .cannotRead(path: path, reason: reason.description)
    case .corrupt(let offset): self = .corrupt(path: path, at: offset)
    case .truncated: self = .truncated(path: path)
    case .unknown(let name): self = .unknownCompression(path: path, name: name)
    }
  }
}
