import Source

extension TailProblem {
  /// Whether lines that are there are not read.
  var stopsReading: Bool {
    switch cause {
    case .cannotOpen, .cannotRead: true
    default: false
    }
  }

  /// What is told once a minute.
  var kind: String {
    switch cause {
    case .cannotOpen: "open \(path)"
    case .cannotRead: "read \(path)"
    case .cannotWatch: "watch \(path)"
    case .cannotRotate: "rotate \(path)"
    case .notRegular: "regular \(path)"
    case .lineTooLong: "long \(path)"
    case .tooManyFiles: "many \(path)"
    }
  }
}
