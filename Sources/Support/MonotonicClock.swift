import Glibc

extension WallClock {
  /// Time since some fixed moment: never steps back or jumps, so deadlines keep their length.
  ///
  /// Only differences of its timestamps mean anything.
  package static let monotonic = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}
