import Glibc
import TestSupport
import Testing

@testable import Source

@Suite struct HistoryFileTests {
  let scratch = Scratch()

  /// `printf 'a\nbb\nccc' | gzip -n9`.
  static let packed: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0xE4, 0x4A, 0x4A, 0xE2, 0x4A,
    0x4E, 0x4E, 0x06, 0x00, 0xE5, 0x37, 0x9A, 0xC4, 0x08, 0x00, 0x00, 0x00,
  ]

  private func read(
    _ name: String, from offset: Int64 = 0, budget: Int = 1 << 20
  ) throws(HistoryFileError) -> [String] {
    var file = try HistoryFile(path: scratch.file(name), maxLine: 100, offset: offset)
    var lines: [String] = []
    while try file.read(
      budget: budget,
      { line, offset in
        lines.append("\(offset):\(String(decoding: line, as: UTF8.self))")
      }
    ).hasMore {}
    return lines
  }

  @Test(arguments: [1, 3, 1 << 20]) func plain(budget: Int) throws {
    scratch.write("a\nbb\nccc", to: "log")
    #expect(try read("log", budget: budget) == ["0:a", "2:bb", "5:ccc"])
    #expect(try read("log", from: 2, budget: budget) == ["2:bb", "5:ccc"])
    #expect(try read("log", from: 8, budget: budget) == [])
  }

  /// `printf 'a\nbb\nccc' | zstd -19`.
  static let zstd: [UInt8] = [
    0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x68, 0x41, 0x00, 0x00, 0x61, 0x0A, 0x62, 0x62, 0x0A, 0x63, 0x63,
    0x63, 0x89, 0xAF, 0x7A, 0x1B,
  ]

  @Test(arguments: [1, 3, 1 << 20]) func packedWithZstd(budget: Int) throws {
    scratch.append(bytes: Self.zstd, to: "log")
    #expect(try read("log", budget: budget) == ["0:a", "2:bb", "5:ccc"])
    #expect(try read("log", from: 5, budget: budget) == ["5:ccc"])
    scratch.append(bytes: Self.zstd, to: "log")
    #expect(try read("log") == ["0:a", "2:bb", "5:ccca", "10:bb", "13:ccc"])
  }

  @Test func brokenZstd() throws {
    for count in 5..<Self.zstd.count {
      scratch.append(bytes: Array(Self.zstd.prefix(count)), to: "\(count)")
      let error = #expect(throws: HistoryFileError.self) { try read("\(count)") }
      #expect(error == .truncated(path: scratch.file("\(count)")))
    }
    scratch.append(bytes: Self.zstd + [1, 2, 3, 4, 5], to: "noise")
    #expect(throws: HistoryFileError.self) { try read("noise") }
    // A frame that wants 1 GiB of memory for its window.
    scratch.append(bytes: [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA0, 1, 0, 0], to: "greedy")
    #expect(throws: HistoryFileError.self) { try read("greedy") }
  }

  @Test(arguments: [1, 3, 1 << 20]) func packedInOneMember(budget: Int) throws {
    scratch.append(bytes: Self.packed, to: "log")
    #expect(try read("log", budget: budget) == ["0:a", "2:bb", "5:ccc"])
    #expect(try read("log", from: 5, budget: budget) == ["5:ccc"])
    #expect(try read("log", from: 99, budget: budget) == [])
  }

  @Test func packedInMembersWithZerosAtTheEnd() throws {
    let zeros = [UInt8](repeating: 0, count: 600)
    scratch.append(bytes: Self.packed + Self.packed + zeros + Self.packed + zeros, to: "log")
    #expect(
      try read("log") == [
        "0:a", "2:bb", "5:ccca", "10:bb", "13:ccca", "18:bb", "21:ccc",
      ])
  }

  @Test func manyMembersLargerThanAnyBuffer() throws {
    let part = text(0..<30_000)
    let member = gzip(Array(part.utf8))
    for _ in 0..<8 { scratch.append(bytes: member, to: "log") }
    var file = try HistoryFile(path: scratch.file("log"), maxLine: 100)
    var count = 0
    var positions: [Int64] = []
    var hasMore = true
    while hasMore {
      hasMore = try file.read(budget: 100_000) { _, _ in count += 1 }.hasMore
      positions.append(file.position)
    }
    #expect(count == 240_000)
    #expect(positions == positions.sorted())
    #expect(positions.last == file.size)
    #expect(file.offset == Int64(8 * part.utf8.count))
    let resumed = try read("log", from: Int64(7 * part.utf8.count))
    #expect(resumed.count == 30_000)
  }

  @Test func aTruncatedFileGivesItsWholeLinesFirst() throws {
    scratch.append(bytes: Self.packed.dropLast(12), to: "log")
    var file = try HistoryFile(path: scratch.file("log"), maxLine: 100)
    var lines: [String] = []
    let path = scratch.file("log")
    #expect(throws: HistoryFileError.truncated(path: path)) {
      while try file.read(
        budget: 100,
        { line, _ in
          lines.append(String(decoding: line, as: UTF8.self))
        }
      ).hasMore {}
    }
    #expect(lines == ["a", "bb"])
    #expect(
      HistoryFileError.truncated(path: path).description
        == "\(path) stops in the middle of its packed data; the lines before were read")
  }

  @Test func aDamagedFile() {
    var bytes = Self.packed
    bytes[20] ^= 1
    scratch.append(bytes: bytes, to: "checksum")
    scratch.append(bytes: Self.packed + [0x78, 0x9C], to: "tail")
    for name in ["checksum", "tail"] {
      let error = #expect(throws: HistoryFileError.self) { try read(name) }
      guard case .corrupt(let path, _) = error else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
      #expect(path == scratch.file(name))
    }
  }

  @Test func whatCannotBeRead() {
    let missing = scratch.file("missing")
    let error = #expect(throws: HistoryFileError.self) { try read("missing") }
    #expect(error?.description == "cannot open \(missing): no such file or directory")
    scratch.makeDirectory("directory")
    let directory = #expect(throws: HistoryFileError.self) { try read("directory") }
    #expect(directory?.description == "\(scratch.file("directory")) is no regular file")
    scratch.append(bytes: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], to: "xz")
    let packed = #expect(throws: HistoryFileError.self) { try read("xz") }
    #expect(
      packed?.description
        == "\(scratch.file("xz")) is packed with xz; unpack it first (plain, gzip and zstd files "
        + "can be read)")
  }

  @Test(arguments: ["", "x"]) func tinyFiles(text: String) throws {
    scratch.write(text, to: "log")
    #expect(try read("log") == (text.isEmpty ? [] : ["0:x"]))
  }

  @Test(arguments: [false, true]) func overlongLines(isPacked: Bool) throws {
    let long = String(repeating: "y", count: 3_000_000)
    let bytes = Array("a\n\(long)\nb\n\(long)".utf8)
    scratch.append(bytes: isPacked ? gzip(bytes) : bytes, to: "log")
    var file = try HistoryFile(path: scratch.file("log"), maxLine: 100)
    var lines: [String] = []
    var tooLong = 0
    var hasMore = true
    while hasMore {
      let result = try file.read(budget: 1000) { line, offset in
        lines.append("\(offset):\(String(decoding: line, as: UTF8.self))")
      }
      tooLong += result.tooLong
      hasMore = result.hasMore
    }
    #expect(lines == ["0:a", "3000003:b"])
    #expect(tooLong == 2)
  }
}

/// A gzip member that stores its bytes without packing them (RFC 1951, 3.2.4).
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  func little(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }
  var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
  for start in stride(from: 0, to: bytes.count, by: 65_535) {
    let block = bytes[start..<min(start + 65_535, bytes.count)]
    packed.append(block.endIndex == bytes.count ? 1 : 0)
    packed += little(UInt32(block.count), 2) + little(~UInt32(block.count), 2) + block
  }
  var table = [UInt32](repeating: 0, count: 256)
  for index in table.indices {
    table[index] = (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }
  let sum = ~bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
  return packed + little(sum, 4) + little(UInt32(truncatingIfNeeded: bytes.count), 4)
}
