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
    "level=\(level.rawValue) msg=\"\(escaped(message))\"\n"
  }

  private static func write(_ level: Level, _ message: String) {
    let line = Array(Self.line(level, message).utf8)
    // One write, so that lines of several threads do not mix. Nobody is left to tell of a failure.
    _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where isUnsafe(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Control characters, and those that change the direction of text.
  package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
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
