/// A delivery's text, read from front to back: as it came, or unpacked on the way, so that it need
/// never be held as a whole.
struct PushText: ~Copyable {
  private let body: [UInt8]
  private let inflater: Inflater?
  private var position = 0

  init(_ delivery: PushDelivery) {
    inflater = delivery.isPacked ? Inflater(delivery.body) : nil
    body = delivery.isPacked ? [] : delivery.body
  }

  /// Begins anew.
  mutating func rewind() {
    inflater?.rewind()
    position = 0
  }

  /// Fills `room` as far as possible; 0 at the end.
  mutating func read(
    into room: UnsafeMutableRawBufferPointer
  ) throws(Inflater.Corrupt) -> Int {
    let count = try inflater?.read(into: room) ?? min(room.count, body.count - position)
    if inflater == nil {
      // The pointer stays within the call.
      body.withUnsafeBytes {
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<(position + count)]))
      }
    }
    position += count
    return count
  }

  /// Puts `range`, which lies behind those asked for before, at the front of `room`.
  mutating func read(
    _ range: Range<Int>, into room: UnsafeMutableRawBufferPointer
  ) throws(Inflater.Corrupt) {
    if inflater == nil { position = range.lowerBound }
    while position < range.lowerBound, !room.isEmpty {
      let rest = room.prefix(range.lowerBound - position)
      guard try read(into: UnsafeMutableRawBufferPointer(rebasing: rest)) > 0 else { return }
    }
    _ = try read(into: UnsafeMutableRawBufferPointer(rebasing: room.prefix(range.count)))
  }
}
