import Glibc

/// Messages for people; what a command prints for programs goes to standard output.
enum StandardError {
  static func print(_ message: String) { write(message + "\n") }

  static func write(_ text: String) {
    let bytes = Array(text.utf8)
    // Nobody is left to tell of a failure.
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
