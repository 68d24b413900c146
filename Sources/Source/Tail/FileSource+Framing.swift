import Glibc

/// Reading logs that a container runtime writes.
extension FileSource {
  /// How far before a checkpoint the last frame of either stream is looked for.
  private static let lookBack = 256 << 10

  /// Delivers what is framed; returns how many bytes were dealt with.
  func unwrap(
    _ bytes: UnsafeMutableRawBufferPointer, of file: TailFile, at offset: Int64,
    isEnd: Bool = false, _ splitter: inout LineSplitter, _ deliver: ContainerLines.Delivery
  ) -> Int {
    var skipping = file.framing.skipping ?? unfinished(before: offset, in: file)
    let progress = containerLines.unwrap(
      bytes, at: offset, skipping: &skipping, isEnd: isEnd,
      givingUp: file.framing.isGivingUp, &splitter, deliver)
    file.framing.skipping = skipping
    file.framing.isOpen = progress.isOpen
    file.framing.isBlocking = progress.isBlocking
    return progress.taken
  }

  /// The streams in the middle of a line at `offset`.
  private func unfinished(before offset: Int64, in file: TailFile) -> ContainerLines.Streams {
    let count = Int(min(offset, Int64(Self.lookBack)))
    if count == 0 { return [] }
    let bytes = LineBuffer(capacity: count)
    let filled = file.file.read(into: bytes.bytes, at: offset - Int64(count))
    guard filled == count else { return [] }
    return ContainerLines.unfinished(in: bytes.bytes)
  }

  /// The rotated file that ends in the middle of a line which this one, unread so far, goes on with:
  /// runtimes rotate between frames, not between lines.
  func openPredecessor(of file: TailFile) -> TailFile? {
    let before = files.last {
      $0.number != file.number && $0.path == file.path && $0.state.place == .rotated
        && $0.readsBefore(file)
    }
    guard let before, before.framing.isOpen, before.state.lag > 0,
      before.state.lag <= Int64(containerLines.window)
    else { return nil }
    return before
  }

  /// Reads what is left of `before` and the beginning of `file` as one.
  func load(
    _ file: TailFile, after before: TailFile, count: Int, _ result: inout ReadResult,
    _ deliver: Delivery
  ) -> ChunkOutcome {
    let left = Int(before.state.lag)
    let start = before.state.checkpoint.offset
    buffer.grow(to: left + count)
    guard before.file.read(into: part(0, left), at: start) == left else { return .done }
    let filled = file.file.read(into: part(left, count), at: 0)
    budgetLeft -= max(1, filled)
    if filled < 0 { return .failed(.last) }
    var splitter = LineSplitter(maxLine: maxLine)
    before.framing.isGivingUp = file.framing.isGivingUp
    let taken = unwrap(part(0, left + filled), of: before, at: 0, &splitter) { line, place in
      let isBefore = place < Int64(left)
      deliver(
        line, isBefore ? start + place : place - Int64(left),
        isBefore ? before.number : file.number)
    }
    before.framing.isGivingUp = false
    file.framing = before.framing
    note(splitter, of: file, bytes: taken, &result)
    move(before, to: start + Int64(min(taken, left)))
    if taken >= left {
      before.framing.isOpen = false
      move(file, to: Int64(taken - left))
    }
    note(file, scannedTo: Int64(filled), atEnd: filled < count, left + filled)
    return .done
  }

  private func part(_ start: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[start..<(start + count)])
  }

  private func move(_ file: TailFile, to offset: Int64) {
    guard offset > file.state.checkpoint.offset else { return }
    var moved = file.state.checkpoint
    moved.offset = offset
    moved.seal(with: file.file)
    file.state.advance(to: offset, markHash: moved.markHash)
    file.state.checkpoint = moved
    isDirty = true
  }
}
