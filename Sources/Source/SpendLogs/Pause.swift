import Glibc

/// Waiting for a descriptor.
enum Pause {
  /// Until the descriptor can be read, or so many milliseconds; -1 is none.
  static func wait(_ descriptor: Int32, _ milliseconds: Int32) {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    poll(&request, 1, milliseconds)
  }
}
