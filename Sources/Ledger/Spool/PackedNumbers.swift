/// Appends numbers and bytes in little room: seven bits a byte, as protocol buffers' varints.
struct PackedWriter {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func add(_ value: UInt32) { add(UInt64(value)) }

  mutating func add(_ value: Int) { add(Int64(value)) }

  /// Small ones of either sign stay small.
  mutating func add(_ value: Int64) {
    add(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func add(_ text: UnsafeRawBufferPointer) {
    add(UInt64(text.count))
    bytes.append(contentsOf: text)
  }

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// Appends what another has written.
  mutating func append(_ other: PackedWriter) { bytes.append(contentsOf: other.bytes) }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// Reads what `PackedWriter` wrote; what is cut off or changed reads as an error.
struct PackedReader {
  /// The bytes are not what was written.
  struct Damage: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  mutating func unsigned() throws(Damage) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while place < bytes.count, shift < 64 {
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Damage()
  }

  mutating func integer() throws(Damage) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func id() throws(Damage) -> UInt32 {
    guard let value = UInt32(exactly: try unsigned()) else { throw Damage() }
    return value
  }

  /// A count of things of which each takes at least a byte.
  mutating func count() throws(Damage) -> Int {
    guard let count = Int(exactly: try unsigned()), count <= bytes.count - place else {
      throw Damage()
    }
    return count
  }

  mutating func text() throws(Damage) -> Range<Int> {
    let count = try count()
    defer { place += count }
    return place..<place + count
  }

  func string(_ range: Range<Int>) -> String {
    String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }
}
