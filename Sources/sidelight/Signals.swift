import Glibc

/// The process's signals, taken one by one by the main thread.
struct Signals {
  enum Meaning {
    case reload
    case stop
  }

  private let set: sigset_t

  /// Blocks them for this thread and all that it starts; to be made before the first of those.
  init() {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGHUP, SIGTERM, SIGINT] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // A client that hangs up is no reason to die.
    signal(SIGPIPE, SIG_IGN)
    self.set = set
  }

  /// Waits for the next one.
  func next() -> Meaning {
    var set = set
    var number: Int32 = 0
    while sigwait(&set, &number) != 0 {}
    return number == SIGHUP ? .reload : .stop
  }
}
