/// What one call of `read` did.
package struct ReadResult: Sendable, Equatable {
  /// Bytes of the lines that were delivered or skipped, with their line ends.
  package var bytes = 0
  /// Lines that were delivered.
  package var lines = 0
  /// Lines over the limit that were skipped; each is counted once, when its end was seen.
  package var tooLong = 0
  /// Whether there is more to read right now.
  package var hasMore = false
  /// What stands in the way, for as long as it does.
  package var problems: [TailProblem] = []

  /// Nothing read.
  package init() {}
}

/// Something about a source that its operator should know.
package struct TailProblem: Hashable, Sendable, CustomStringConvertible {
  package enum Cause: Hashable, Sendable {
    case cannotOpen(String)
    case cannotRead(String)
    case cannotWatch(String)
    case cannotRotate(String)
    /// A directory, pipe, socket or device.
    case notRegular
    /// The offset of the line and the limit, in bytes.
    case lineTooLong(at: Int64, limit: Int)
    /// How many files a source follows at most.
    case tooManyFiles(limit: Int)
  }

  package var path: String
  package var cause: Cause

  /// Names what was met where.
  package init(path: String, cause: Cause) {
    self.path = path
    self.cause = cause
  }

  /// One line for a log.
  package var description: String {
    switch cause {
    case .cannotOpen(let reason): "cannot open \(path): \(reason)"
    case .cannotRead(let reason): "cannot read \(path): \(reason)"
    case .cannotWatch(let reason):
      "cannot watch \(path): \(reason); changes are seen within a second instead of at once"
    case .cannotRotate(let reason):
      "cannot rotate \(path): \(reason); it is read on and grows"
    case .notRegular: "\(path) is no regular file and is ignored"
    case .lineTooLong(let offset, let limit):
      "\(path): the line at byte \(offset) is longer than \(limit) bytes and was skipped"
    case .tooManyFiles(let limit):
      "\(path) matches more than \(limit) files; the rest is not read: narrow the glob"
    }
  }
}
