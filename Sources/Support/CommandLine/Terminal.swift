import Glibc

/// What is known of the reader behind a descriptor.
package struct Terminal: Sendable, Equatable {
  /// Somebody looks at it, as opposed to a file or a pipe.
  package var isInteractive: Bool
  /// Colours may be sent: it is a terminal that knows them, and `NO_COLOR` is unset or empty.
  package var hasColor: Bool
  /// How wide it is; nil where lines may be of any length.
  package var columns: Int?

  /// What holds for `isTerminal` and the variables `NO_COLOR` and `TERM` (https://no-color.org).
  package init(isTerminal: Bool, environment: [String: String]) {
    isInteractive = isTerminal
    let refused = !(environment["NO_COLOR"] ?? "").isEmpty
    let term = environment["TERM"] ?? ""
    hasColor = isTerminal && !refused && !term.isEmpty && term != "dumb"
  }

  /// What is behind an open descriptor of this process.
  package init(descriptor: Int32, environment: [String: String]) {
    self.init(isTerminal: isatty(descriptor) == 1, environment: environment)
    var size = winsize()
    if isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      columns = Int(size.ws_col)
    }
  }
}
