import Glibc

/// Lines for the operator on standard error: `level=warn msg="…"`, as Prometheus' own servers write.
package enum Log {
  package enum Level: String, Sendable {
    case info
    case warn
    case error
  }

  package static func info(_ message: String) { write(.info, message) }
  package static func warn(_ message: String) { write(.warn, message) }
  package static func error(_ message: String) { write(.error, message) }

  /// The line for a message, with everything escaped that could move a terminal's cursor or turn
  /// the reading direction: messages quote what clients wrote.
  package static func line(_ level: Level, _ message: String) -> String {
    "level=\(level.rawValue) msg=\(message.quoted(limit: 2000))\n"
  }

  private static func write(_ level: Level, _ message: String) {
    let line = Array(Self.line(level, message).utf8)
    // One write, so that lines of several threads do not mix. Nobody is left to tell of a failure.
    _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// Lets a message through once a minute for each key, with how many were held back.
package struct LogGate: Sendable {
  private struct Entry: Sendable {
    var last: Timestamp
    var suppressed = 0
  }

  private var entries: [String: Entry] = [:]
  /// More keys than this are not told apart.
  private static let capacity = 256

  /// Lets everything through once.
  package init() {}

  /// How many messages with `key` were held back since the last one; nil if this one is, too.
  package mutating func pass(_ key: String, now: Timestamp) -> Int? {
    if entries.count >= Self.capacity, entries[key] == nil { entries.removeAll() }
    guard let entry = entries[key], now - entry.last < .minutes(1), now >= entry.last else {
      let suppressed = entries[key]?.suppressed ?? 0
      entries[key] = Entry(last: now)
      return suppressed
    }
    entries[key]?.suppressed += 1
    return nil
  }
}
