import Daemon
import Support

/// How an import does: a bar that is drawn over on a terminal, a line now and then elsewhere.
struct ImportProgressBar {
  private let terminal: Terminal
  private let width: Int
  private var begun: Timestamp?
  private var shown: Timestamp?
  private var isDrawn = false

  init(terminal: Terminal, width: Int) {
    self.terminal = terminal
    self.width = width
  }

  /// What to write now, if anything.
  mutating func update(_ progress: ImportProgress, at now: Timestamp) -> String? {
    let start = begun ?? now
    begun = start
    let pause = terminal.isInteractive ? TimeSpan.milliseconds(100) : .seconds(10)
    guard now - (shown ?? start) >= pause else { return nil }
    shown = now
    let facts = facts(progress, elapsed: (now - start).seconds)
    guard terminal.isInteractive else { return "sidelight: \(facts)\n" }
    isDrawn = true
    return "\r\(bar(progress, room: width - facts.count - 4)) \(facts)\u{1B}[K"
  }

  /// Clears the bar.
  mutating func end() -> String {
    defer { isDrawn = false }
    return isDrawn ? "\r\u{1B}[K" : ""
  }

  private func share(_ progress: ImportProgress) -> Double {
    progress.totalBytes > 0 ? min(1, Double(progress.bytes) / Double(progress.totalBytes)) : 1
  }

  private func facts(_ progress: ImportProgress, elapsed: Double) -> String {
    let share = share(progress)
    let rate = elapsed > 0 ? Int64(Double(progress.lines) / elapsed) : 0
    var text = "\(Int(share * 100)) %  \(rate) lines/s"
    if share > 0.01, elapsed > 0 {
      let left = Int64((elapsed * (1 - share) / share).rounded(.up))
      text += "  \(Quantity.text(.seconds(left))) left"
    }
    return text
  }

  private func bar(_ progress: ImportProgress, room: Int) -> String {
    let length = max(0, min(room, 40))
    let full = Int(Double(length) * share(progress))
    let line = String(repeating: "█", count: full)
    let rest = String(repeating: "░", count: length - full)
    return terminal.hasColor ? "\u{1B}[36m\(line)\u{1B}[0m\(rest)" : line + rest
  }
}
