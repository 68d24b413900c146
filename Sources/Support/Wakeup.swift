import Glibc

/// Wakes a thread that waits in `poll(2)`.
package final class Wakeup: Sendable {
  /// To be polled for reading.
  package let descriptor: Int32
  private let writer: Int32

  /// A wakeup that nobody has sent yet; nil if the process has no descriptors left.
  package init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    descriptor = ends[0]
    writer = ends[1]
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    close(descriptor)
    close(writer)
  }

  /// Wakes the thread, now or at its next wait.
  package func send() {
    // A full pipe wakes as well.
    var byte: UInt8 = 0
    _ = write(writer, &byte, 1)
  }

  /// Takes in all that was sent.
  package func drain() {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { bytes in
      while read(descriptor, bytes.baseAddress, bytes.count) > 0 {}
    }
  }
}
