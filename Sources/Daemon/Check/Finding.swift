/// One line of `sidelight check`.
package struct Finding: Sendable, Equatable {
  package enum Verdict: String, Sendable {
    case ok
    case warning
    case failed = "FAILED"
  }

  package var verdict: Verdict
  /// What was looked at.
  package var subject: String
  /// What it is, or what is wrong with it.
  package var text: String

  init(_ verdict: Verdict, _ subject: String, _ text: String) {
    self.verdict = verdict
    self.subject = subject
    self.text = text
  }
}
