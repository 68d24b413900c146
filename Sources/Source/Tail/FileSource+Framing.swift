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

  /// The rotated files that end in the middle of a line which this one, unread so far, goes on with:
  /// runtimes rotate between frames, not between lines.
  func openPredecessors(of file: TailFile) -> [TailFile] {
    var before: [TailFile] = []
    for other in files.reversed()
    where other.state.place == .rotated && other.path == file.path && other.readsBefore(file) {
      if other.state.size == 0 { continue }
      guard other.framing.isOpen else { break }
      before.insert(other, at: 0)
      if other.state.checkpoint.offset > 0 { break }
    }
    let left = before.reduce(0) { $0 + $1.state.lag }
    return left <= Int64(containerLines.window) ? before : []
  }

  /// Reads what is left of `before` and the beginning of `file` as one.
  func load(
    _ file: TailFile, after before: [TailFile], count: Int, _ result: inout ReadResult,
    _ deliver: Delivery
  ) -> ChunkOutcome {
    let left = before.reduce(0) { $0 + Int($1.state.lag) }
    buffer.grow(to: left + count)
    var pieces: [(file: TailFile, start: Int, offset: Int64)] = []
    var end = 0
    for other in before {
      let (lag, offset) = (Int(other.state.lag), other.state.checkpoint.offset)
      guard other.file.read(into: part(end, lag), at: offset) == lag else { return .done }
      pieces.append((other, end, offset))
      end += lag
    }
    pieces.append((file, left, 0))
    let filled = file.file.read(into: part(left, count), at: 0)
    budgetLeft -= max(1, filled)
    if filled < 0 { return .failed(.last) }
    var splitter = LineSplitter(maxLine: maxLine)
    file.framing.skipping = before[0].framing.skipping
    let taken = unwrap(part(0, left + filled), of: file, at: 0, &splitter) { line, place in
      guard let piece = pieces.last(where: { $0.start <= place }) else { return }
      deliver(line, piece.offset + place - Int64(piece.start), piece.file.number)
    }
    note(splitter, of: file, bytes: taken, &result)
    for (index, piece) in pieces.enumerated() where piece.start < taken {
      let end = index + 1 < pieces.count ? pieces[index + 1].start : taken
      piece.file.framing.skipping = file.framing.skipping
      if end <= taken { piece.file.framing.isOpen = piece.file === file && file.framing.isOpen }
      move(piece.file, to: piece.offset + Int64(min(end, taken) - piece.start))
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
