import Glibc

/// Reading one file piece by piece, each piece checked against what came before it.
extension FileSource {
  typealias Delivery = (UnsafeMutableRawBufferPointer, Int64, Int) -> Void

  enum ChunkOutcome: Equatable {
    case done
    /// The bytes before the offset are not those that were read.
    case replaced
    case failed(SystemError)
  }

  private enum Search {
    /// Where the line's end is.
    case found(Int64)
    case ended(ChunkOutcome)
  }

  /// Reads the next piece of a file and delivers its complete lines.
  func readLines(of file: TailFile, _ result: inout ReadResult, _ deliver: Delivery) -> ChunkOutcome
  {
    let state = file.state
    let remainder = Int(state.scanned - state.checkpoint.offset)
    if remainder <= Self.shortRemainder || file.framing.isOpen {
      let fresh = max(1024, min(Self.chunk, budgetLeft))
      if state.checkpoint.offset == 0 {
        let before = openPredecessors(of: file)
        if !before.isEmpty {
          return load(file, after: before, count: remainder + fresh, &result, deliver)
        }
      }
      return load(file, count: remainder + fresh, &result, deliver)
    }
    switch findLineEnd(of: file) {
    case .ended(let outcome): return outcome
    case .found(let end):
      let length = Int(end - state.checkpoint.offset)
      // A carriage return at the line's end does not count.
      if length <= maxLine + 1 { return load(file, count: length + 1, &result, deliver) }
      skipLine(of: file, upTo: end, &result)
      return .done
    }
  }

  /// Reads `count` bytes from the offset on, and the mark before them.
  private func load(
    _ file: TailFile, count: Int, _ result: inout ReadResult, _ deliver: Delivery
  ) -> ChunkOutcome {
    let offset = file.state.checkpoint.offset
    let mark = ContentHash.markLength(at: offset)
    buffer.grow(to: mark + count)
    let filled = fill(mark + count, from: offset - Int64(mark), of: file)
    if filled < 0 { return .failed(.last) }
    guard filled >= mark, bufferHash(0, mark) == file.state.checkpoint.markHash else {
      return .replaced
    }
    let fresh = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[mark..<filled])
    var splitter = LineSplitter(maxLine: maxLine)
    let number = file.number
    var delivered = splitter.split(fresh, at: offset) { deliver($0, $1, number) }
    file.framing.isOpen = false
    if splitter.hasMetFrame {
      let framed = UnsafeMutableRawBufferPointer(rebasing: fresh[delivered...])
      delivered += unwrap(framed, of: file, at: offset + Int64(delivered), &splitter) {
        deliver($0, $1, number)
      }
    }
    note(splitter, of: file, bytes: delivered, &result)
    if delivered > 0 {
      advance(file, to: offset + Int64(delivered), markEnd: mark + delivered)
    }
    note(file, scannedTo: offset + Int64(fresh.count), atEnd: filled < mark + count, filled)
    return .done
  }

  /// Searches the next bytes of a long unfinished line for its end.
  private func findLineEnd(of file: TailFile) -> Search {
    let mark = ContentHash.markLimit
    let begin = file.state.scanned - Int64(mark)
    let filled = fill(mark + Self.chunk, from: begin, of: file)
    if filled < 0 { return .ended(.failed(.last)) }
    guard filled >= mark, bufferHash(0, mark) == file.state.scannedHash else {
      // Perhaps only the unfinished line is another one: look at all of it.
      file.state.scanned = file.state.checkpoint.offset
      return .ended(.done)
    }
    if let base = buffer.bytes.baseAddress, let end = memchr(base + mark, 0x0A, filled - mark) {
      return .found(begin + Int64(UnsafeRawPointer(end) - UnsafeRawPointer(base)))
    }
    let isAtEnd = filled < mark + Self.chunk
    note(file, scannedTo: begin + Int64(filled), atEnd: isAtEnd, filled)
    return .ended(.done)
  }

  /// Counts an overlong line whose end `findLineEnd` has just found.
  private func skipLine(of file: TailFile, upTo end: Int64, _ result: inout ReadResult) {
    let offset = file.state.checkpoint.offset
    var splitter = LineSplitter(maxLine: maxLine)
    splitter.skip(at: offset)
    note(splitter, of: file, bytes: Int(end + 1 - offset), &result)
    let bufferStart = file.state.scanned - Int64(ContentHash.markLimit)
    advance(file, to: end + 1, markEnd: Int(end + 1 - bufferStart))
  }

  /// Delivers the unterminated last line of a file that nobody writes any more, if it is whole;
  /// `evenIfCut`: in any case, for its reader to reject.
  func takeLastLine(
    of file: TailFile, evenIfCut: Bool, _ result: inout ReadResult, _ deliver: Delivery
  ) {
    let offset = file.state.checkpoint.offset
    let length = Int(file.state.size - offset)
    file.state.judgedSize = file.state.size
    guard length > 0 else { return }
    var splitter = LineSplitter(maxLine: maxLine)
    let mark = ContentHash.markLength(at: offset)
    if length > (file.framing.isOpen ? containerLines.window + Self.chunk : maxLine + 1) {
      if !evenIfCut { return }
      splitter.skip(at: offset)
      note(splitter, of: file, bytes: length, &result)
      // What follows an overlong fragment is never read: the file is let go.
      return advance(file, to: file.state.size, markEnd: min(mark + length, buffer.bytes.count))
    }
    buffer.grow(to: mark + length)
    guard fill(mark + length, from: offset - Int64(mark), of: file) == mark + length else { return }
    let line = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[mark..<(mark + length)])
    var taken = length
    if ContainerFrame.mayBegin(UnsafeRawBufferPointer(line)) {
      file.framing.isGivingUp = evenIfCut
      taken = unwrap(line, of: file, at: offset, isEnd: true, &splitter) {
        deliver($0, $1, file.number)
      }
    } else {
      guard evenIfCut || looksLikeWholeObject(UnsafeRawBufferPointer(line)) else { return }
      splitter.take(line, at: offset) { deliver($0, $1, file.number) }
    }
    guard taken > 0 else { return }
    note(splitter, of: file, bytes: taken, &result)
    advance(file, to: offset + Int64(taken), markEnd: mark + taken)
  }

  /// Reads into the front of the buffer; what it costs is taken from the budget.
  func fill(_ count: Int, from offset: Int64, of file: TailFile) -> Int {
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
    let filled = file.file.read(into: target, at: offset)
    budgetLeft -= max(1, filled)
    return filled
  }

  /// Everything before `offset` is delivered, which lies at `markEnd` of the buffer.
  func advance(_ file: TailFile, to offset: Int64, markEnd: Int) {
    let hash = bufferHash(markEnd - ContentHash.markLength(at: offset), markEnd)
    file.state.advance(to: offset, markHash: hash)
    if file.state.checkpoint.headLength < ContentHash.headLimit {
      file.state.checkpoint.growHead(from: file.file)
    }
    isDirty = true
  }

  /// The file was searched for line ends up to `scannedTo`, which lies at `filled` of the buffer.
  func note(_ file: TailFile, scannedTo offset: Int64, atEnd: Bool, _ filled: Int) {
    file.state.scanned = offset
    file.state.scannedHash = bufferHash(max(0, filled - ContentHash.markLimit), filled)
    let least = file.file.isSizeKnown ? offset : offset + 1
    file.state.size = atEnd ? offset : max(file.state.size, least)
    file.state.isUnchecked = false
  }

  func note(
    _ splitter: LineSplitter, of file: TailFile, bytes: Int, _ result: inout ReadResult
  ) {
    result.bytes += bytes
    result.lines += splitter.lines
    result.tooLong += splitter.tooLong
    if let offset = splitter.firstTooLong {
      result.problems.append(
        TailProblem(path: file.path, cause: .lineTooLong(at: offset, limit: maxLine)))
    }
  }

  func bufferHash(_ start: Int, _ end: Int) -> UInt64 {
    ContentHash.of(UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<end]))
  }
}
