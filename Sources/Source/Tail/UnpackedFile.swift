import Glibc

/// A packed file that is read as if it were plain: mostly forwards, and back by as much as lines and
/// marks need; farther back it is unpacked anew.
final class UnpackedFile: OpenFile {
  /// Bytes unpacked at a time.
  private static let step = 256 << 10

  private let packed: OpenFile
  private let capacity: Int
  private var unpacker: any Unpacker
  /// What was unpacked last, and where it begins.
  private var recent: [UInt8] = []
  private var start: Int64 = 0
  private var head: [UInt8] = []
  /// How long the text is, once that is known.
  private var end: Int64?

  /// Keeps about `capacity` bytes in memory; nil if the file is plain or packed in another way.
  init?(_ packed: OpenFile, capacity: Int) {
    guard let unpacker = try? Compression.unpacker(for: packed) else { return nil }
    self.packed = packed
    self.unpacker = unpacker
    self.capacity = max(capacity, ContentHash.headLimit)
    super.init(descriptor: fcntl(packed.descriptor, F_DUPFD_CLOEXEC, 0))
  }

  override var isSizeKnown: Bool { end != nil }

  /// Not known: packing made a new file of an old text.
  override var born: Int64 { 0 }

  /// The packed file's, but for the size, which is a byte more than is known until the end is met.
  override func facts() throws(SystemError) -> FileFacts {
    var facts = try super.facts()
    facts.size = end ?? known + 1
    return facts
  }

  override func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    if offset + Int64(bytes.count) <= Int64(head.count) {
      bytes.copyBytes(from: head[Int(offset)...].prefix(bytes.count))
      return bytes.count
    }
    do throws(UnpackError) {
      if offset < start { try restart() }
      while known < offset + Int64(bytes.count), end == nil {
        discard(before: offset)
        try unpack()
      }
    } catch {
      if case .system(let reason) = error { errno = reason.code } else { errno = EIO }
      return -1
    }
    let from = offset - start
    guard from < Int64(recent.count) else { return 0 }
    let part = recent[Int(from)...].prefix(bytes.count)
    bytes.copyBytes(from: part)
    return part.count
  }

  private var known: Int64 { start + Int64(recent.count) }

  private func restart() throws(UnpackError) {
    guard let again = try Compression.unpacker(for: packed) else { throw .truncated }
    unpacker = again
    recent = []
    start = 0
    end = nil
  }

  private func unpack() throws(UnpackError) {
    let before = recent.count
    recent.append(contentsOf: repeatElement(0, count: Self.step))
    var count = 0
    defer {
      recent.removeLast(Self.step - count)
      if head.count < ContentHash.headLimit, start == 0 {
        head = Array(recent.prefix(ContentHash.headLimit))
      }
    }
    count = try fill(from: before)
    if count == 0 { end = start + Int64(before) }
  }

  private func fill(from index: Int) throws(UnpackError) -> Int {
    let result = recent.withUnsafeMutableBytes { bytes -> Result<Int, UnpackError> in
      do throws(UnpackError) {
        return .success(
          try unpacker.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[index...])))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Makes room, but not of what is asked for.
  private func discard(before offset: Int64) {
    guard recent.count > capacity else { return }
    let count = min(recent.count - capacity / 2, Int(offset - start))
    guard count > 0 else { return }
    recent.removeFirst(count)
    start += Int64(count)
  }
}
