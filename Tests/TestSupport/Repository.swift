import FoundationEssentials

/// The files of the checkout that the tests were built from.
package enum Repository {
  /// Its top folder.
  package static let root: String = {
    // This file is Tests/TestSupport/Repository.swift.
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
  }()

  /// The path of a file named from the top.
  package static func path(_ name: String) -> String { "\(root)/\(name)" }

  /// A file's text.
  package static func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  /// Replaces a file's text, for tests that record what they compare with.
  package static func write(_ text: String, to name: String) throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
  }

  /// The files below a folder whose names end so, from the top, sorted.
  package static func files(below folder: String, ending suffix: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path(folder))
      .filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
  }

  /// Whether `SIDELIGHT_RECORD=1` asks for recording; the run fails all the same.
  package static let isRecording = ProcessInfo.processInfo.environment["SIDELIGHT_RECORD"] == "1"
}
