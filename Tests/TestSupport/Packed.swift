/// Gzip data, made without a library: the packed form holds its text as it is.
package enum Packed {
  /// One member of stored blocks.
  package static func gzip(_ text: [UInt8]) -> [UInt8] {
    var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = text[...]
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(block.count)
      let count = UInt16(block.count)
      packed.append(rest.isEmpty ? 1 : 0)
      for part in [count, ~count] { packed += [UInt8(part & 0xFF), UInt8(part >> 8)] }
      packed += block
    } while !rest.isEmpty
    return packed + little(checksum(text)) + little(UInt32(truncatingIfNeeded: text.count))
  }

  /// A bomb: some 64 KiB of a Deflate block that gives so many MiB of zeros, then nothing more.
  package static func zeros(mebibytes: Int) -> [UInt8] {
    var bits = BitWriter(bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
    // Last block, fixed codes; a literal 0 is 00110000, most significant bit first.
    bits.write(0b1, 1)
    bits.write(0b01, 2)
    bits.writeCode(0b0011_0000, 8)
    // Length 258 is symbol 285 (11000101), distance 1 is symbol 0.
    for _ in 0..<(mebibytes << 20) / 258 {
      bits.writeCode(0b1100_0101, 8)
      bits.writeCode(0, 5)
    }
    bits.writeCode(0, 7)
    return bits.finished
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  /// CRC-32 as in RFC 1952.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}

private struct BitWriter {
  var bytes: [UInt8]
  private var held: UInt32 = 0
  private var count = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func write(_ value: UInt32, _ width: Int) {
    held |= value << count
    count += width
    while count >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: held))
      held >>= 8
      count -= 8
    }
  }

  /// Huffman codes go in with their first bit first.
  mutating func writeCode(_ code: UInt32, _ width: Int) {
    for bit in (0..<width).reversed() { write(code >> bit & 1, 1) }
  }

  var finished: [UInt8] { count > 0 ? bytes + [UInt8(truncatingIfNeeded: held)] : bytes }
}
