import Glibc

/// Ids by raw bytes, without making a string of them. It only grows.
package struct ByteMap: Sendable {
  private struct Entry {
    var hash: UInt64
    var start: UInt32
    var count: UInt32
    var id: UInt32
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  private var slots = [UInt32](repeating: .max, count: 16)

  /// A map of nothing.
  package init() {}

  package var count: Int { entries.count }

  /// The id of `key`, whose `hash64` is `hash`.
  package func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != .max {
      let entry = entries[Int(slots[slot])]
      if entry.hash == hash, Int(entry.count) == key.count, matches(entry, key) { return entry.id }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Adds a key that is not there.
  package mutating func insert(_ key: UnsafeRawBufferPointer, hash: UInt64, id: UInt32) {
    entries.append(
      Entry(hash: hash, start: UInt32(bytes.count), count: UInt32(key.count), id: id))
    bytes.append(contentsOf: key)
    if entries.count * 2 > slots.count {
      slots = Array(repeating: .max, count: slots.count * 2)
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
  }

  private mutating func place(_ index: Int) {
    var slot = Int(truncatingIfNeeded: entries[index].hash) & (slots.count - 1)
    while slots[slot] != .max { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(index)
  }

  private func matches(_ entry: Entry, _ key: UnsafeRawBufferPointer) -> Bool {
    bytes.withUnsafeBytes { all in
      guard let known = all.baseAddress, let key = key.baseAddress else { return false }
      return memcmp(known + Int(entry.start), key, Int(entry.count)) == 0
    }
  }
}
