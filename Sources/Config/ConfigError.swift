/// One thing that is wrong with a configuration file.
package struct ConfigProblem: Sendable, Equatable, CustomStringConvertible {
  /// The file as it was named.
  package var file: String
  /// Where in the file; nil if it is about the file as a whole.
  package var mark: YAMLMark?
  /// What is wrong and what would be right, on one line.
  package var message: String

  /// `sidelight.yaml:12:5: unknown key "limt" in budgets[0], did you mean "limit"?`
  package var description: String {
    "\(file)\(mark.map { ":\($0)" } ?? ""): \(message)"
  }
}

/// All that is wrong with a configuration, in the order of the file.
package struct ConfigError: Error, Sendable, Equatable, CustomStringConvertible {
  /// More than this many are counted in `omitted` only.
  package static let maximumProblems = 100

  /// The first problems, at least one.
  package var problems: [ConfigProblem]
  /// How many more there are.
  package var omitted = 0

  /// One problem on each line.
  package var description: String {
    let lines = problems.map(\.description)
    return (lines + (omitted > 0 ? ["and \(omitted) more problems"] : [])).joined(separator: "\n")
  }
}
