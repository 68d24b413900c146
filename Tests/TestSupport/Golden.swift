import Glibc

/// A text that is compared as a whole with a file under `Tests/Data/golden`.
package enum Golden {
  /// What is wrong with `text`; nil if it is the file's.
  ///
  /// With `SIDELIGHT_RECORD=1` the file is written anew, and the run fails all the same, so that a
  /// recording cannot pass for a test.
  package static func difference(_ text: String, from name: String) -> String? {
    let path = TestData.path("golden/\(name)")
    if getenv("SIDELIGHT_RECORD") != nil {
      record(Array(text.utf8), at: path)
      return "recorded \(name): look at the difference, then run again without SIDELIGHT_RECORD"
    }
    guard access(path, R_OK) == 0 else { return "\(name) is missing: run with SIDELIGHT_RECORD=1" }
    return firstDifference(of: text, from: TestData.text(at: path))
  }

  private static func firstDifference(of text: String, from expected: String) -> String? {
    guard text != expected else { return nil }
    let got = text.split(separator: "\n", omittingEmptySubsequences: false)
    let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(got, wanted).prefix { $0 == $1 }.count
    return "line \(line + 1)\n  is:        \(line < got.count ? got[line] : "(no line)")"
      + "\n  should be: \(line < wanted.count ? wanted[line] : "(no line)")"
  }

  private static func record(_ bytes: [UInt8], at path: String) {
    mkdir(TestData.path("golden"), 0o755)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(descriptor >= 0, "cannot write \(path)")
    defer { close(descriptor) }
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    precondition(written == bytes.count, "cannot write \(path)")
  }
}
