import Glibc
package import Support

/// Lines from a pipe, terminal or file that someone else opened, such as descriptor 0.
///
/// What was delivered is kept until it is committed; when the buffer is full of it, reading stops,
/// and the writer waits.
package final class StandardInputSource {
  /// To be polled for reading while `wantsInput`. It is not made non-blocking, since it may be
  /// shared with other processes, and not closed.
  package let descriptor: Int32
  /// Whether the other end has closed.
  package private(set) var isAtEnd = false
  private var lines: StreamLines

  /// Reads `descriptor`; `capacity`: bytes kept for a repetition.
  package init(descriptor: Int32 = 0, maxLine: Int, capacity: Int = 8 << 20) {
    self.descriptor = descriptor
    lines = StreamLines(capacity: capacity, maxLine: maxLine)
  }

  /// Whether there is room for more; if not, `commit` makes some.
  package var wantsInput: Bool { !isAtEnd && lines.hasRoom }

  /// Bytes taken in and not delivered; what waits in the pipe is not known.
  package var lagBytes: Int64 { Int64(lines.undelivered) }

  /// Whether the last `read` left nothing to look at.
  package var isCaughtUp: Bool { lines.isDrained }

  /// Delivers about `budget` bytes of complete lines with their position in the stream, and at its
  /// end what follows the last line end; never waits. The file is always 0, and lines are valid
  /// as those of a file are.
  package func read(
    budget: Int, clock now: Timestamp,
    _ deliver: (_ line: UnsafeMutableRawBufferPointer, _ offset: Int64, _ file: Int) -> Void
  ) -> ReadResult {
    var result = ReadResult()
    // An endless line without an end must not keep the caller for ever either.
    var taken = 0
    while result.bytes < budget {
      lines.deliver(budget: budget - result.bytes, &result) { deliver($0, $1, 0) }
      guard !result.hasMore, taken < budget, wantsInput, isReadable else { break }
      let count = lines.fill { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      taken += count
      if count > 0 || (count < 0 && errno == EINTR) { continue }
      if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { break }
      if count < 0 { report(.cannotRead(SystemError.last.description), &result) }
      isAtEnd = true
    }
    if isAtEnd && !result.hasMore { lines.deliverRemainder(&result) { deliver($0, $1, 0) } }
    result.hasMore = result.hasMore || (wantsInput && isReadable)
    for index in result.problems.indices { result.problems[index].path = "standard input" }
    return result
  }

  /// What was delivered is durable and will not be asked for again.
  package func commit() { lines.commit() }

  /// Delivers again what came after the last `commit`.
  package func rewind() { lines.rewind() }

  private var isReadable: Bool {
    var request = pollfd(descriptor: descriptor, events: POLLIN)
    return poll(&request, 1, 0) > 0
  }

  private func report(_ cause: TailProblem.Cause, _ result: inout ReadResult) {
    result.problems.append(TailProblem(path: "standard input", cause: cause))
  }
}

extension pollfd {
  fileprivate init(descriptor: Int32, events: Int32) {
    self.init(fd: descriptor, events: Int16(events), revents: 0)
  }
}
